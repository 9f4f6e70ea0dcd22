// The attributes of netlink messages: the macros of libmnl that walk through them are no C++.
#pragma once

#include <libmnl/libmnl.h>

#include <cstddef>

namespace bpfcast {

/// Calls `visit(type, attribute)` for the attributes from `attribute` to `end`.
template <class Visit>
void ForEachAttribute(const nlattr* attribute, const char* end, Visit visit) {
  for (; mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)));
       attribute = mnl_attr_next(attribute)) {
    visit(mnl_attr_get_type(attribute), attribute);
  }
}

/// The same for the attributes behind a header of `header_size`.
template <class Visit>
void ForEachAttribute(const nlmsghdr* message, std::size_t header_size, Visit visit) {
  ForEachAttribute(static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(message, header_size)),
                   static_cast<const char*>(mnl_nlmsg_get_payload_tail(message)), visit);
}

/// The same for the attributes inside one.
template <class Visit>
void ForEachAttribute(const nlattr* nest, Visit visit) {
  const auto* payload = static_cast<const char*>(mnl_attr_get_payload(nest));
  ForEachAttribute(reinterpret_cast<const nlattr*>(payload), payload + mnl_attr_get_payload_len(nest), visit);
}

}  // namespace bpfcast
