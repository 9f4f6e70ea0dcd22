// Netlink: a NETLINK_ROUTE socket and the two things asked of it, a dump and a change.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

struct mnl_socket;
struct nlmsghdr;

namespace bpfcast {

class Netlink {
 public:
  using Visit = std::function<void(const nlmsghdr*)>;

  /// Subscribed to `groups` (RTMGRP_*), 0 for none.
  static Result<Netlink> Open(unsigned groups);

  int fd() const;

  enum class Events { kDone, kLost };
  /// Visits every waiting message without blocking. kLost: the kernel had to drop some, so only a dump tells
  /// the truth.
  Events ReadEvents(const Visit& visit);
  /// Visits the answer to a dump of RTM_GETLINK or RTM_GETADDR. Only on a socket without groups.
  Result<void> Dump(std::uint16_t type, unsigned char family, const Visit& visit);
  /// Sets or clears interface flags. Only on a socket without groups.
  Result<void> ChangeFlags(std::uint32_t ifindex, unsigned flags, unsigned mask);

 private:
  struct Close {
    void operator()(mnl_socket* socket) const;
  };
  explicit Netlink(mnl_socket* socket) : socket_(socket) {}

  enum class Answer { kComplete, kInterrupted };
  Result<void> Send(nlmsghdr* request, const std::string& what);
  /// Visits messages up to the end of the answer to the last request.
  Result<Answer> ReadAnswer(const Visit& visit, const std::string& what);

  std::unique_ptr<mnl_socket, Close> socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace bpfcast
