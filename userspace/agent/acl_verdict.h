// Which settings let a stream through, or do not: the answer to `bpfcast acl test`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"

namespace bpfcast {

/// One interface, as far as the answer depends on it.
template <class F>
struct AclPort {
  const InterfaceConfig* config = nullptr;
  std::vector<Prefix<typename F::Address>> subnets;    // its own
  std::vector<Prefix<typename F::Address>> elsewhere;  // of an upstream: those of the downstreams
  /// What no sender has, and why: "is an address of lan1 itself".
  std::map<typename F::Address, std::string> nobodys{};
};

template <class F>
struct AclQuestion {
  typename F::Address group;
  std::optional<typename F::Address> source;  // nothing: all sources
  std::optional<typename F::Address> host{};  // who asks for it; nothing: one that may
};

struct AclStep {
  std::string step;  // "host", "join", "ask", "source", "pass"
  std::string port;
  bool permitted = true;
  std::string why;  // the setting that decides
};

/// Which list permits or refuses the host: "deny-hosts has 192.0.2.0/28".
template <class F>
std::string WhyHost(const HostList<F>& hosts, const typename F::Address& host);

/// What decides in the lists of groups and senders: "by the entry 239.9.0.0/16", "because no list names the
/// group".
template <class F>
std::string WhyAccess(const AccessList<F>& access, const typename F::Address& group,
                      const std::optional<typename F::Address>& source);

/// May hosts on `port` have the stream? Who asks, joining it there (C-85, C-70, F-50), asking for it upstream
/// (E-08, F-50), and its source where it arrives (F-12). `port` may be the upstream itself.
template <class F>
std::vector<AclStep> MayReceive(const AclPort<F>& port, const AclPort<F>& upstream,
                                const AclQuestion<F>& question);
/// May a source on `port` send it upstream? F-12, F-50, E-33.
template <class F>
std::vector<AclStep> MaySend(const AclPort<F>& port, const AclPort<F>& upstream,
                             const AclQuestion<F>& question);

}  // namespace bpfcast
