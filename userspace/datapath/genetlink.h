// Genetlink: questions to a generic netlink family, and its notifications.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"

struct mnl_socket;

namespace bpfcast {

class Genetlink {
 public:
  /// Visits the attributes of one answer: type and payload.
  using Visit = std::function<void(std::uint16_t, std::span<const std::uint8_t>)>;

  /// Nothing when the kernel does not have the family. Each question for one that is missing makes it run
  /// modprobe.
  static Result<std::optional<Genetlink>> Open(const std::string& family);

  int fd() const;
  /// Asks `command` of the family with one attribute of 32 bits; visits what the answer holds.
  Result<void> Ask(std::uint8_t command, std::uint16_t attribute, std::uint32_t value, const Visit& visit);
  /// Gets the notifications of that group from now on. The socket takes no more questions then.
  Result<void> Subscribe(const std::string& group);
  /// Takes what waits, without blocking.
  void TakeNotifications();

 private:
  struct Close {
    void operator()(mnl_socket* socket) const;
  };
  struct Request;
  explicit Genetlink(mnl_socket* socket) : socket_(socket) {}

  Result<void> Exchange(const Request& request, const Visit& visit);
  void AddGroups(std::span<const std::uint8_t> groups);

  std::unique_ptr<mnl_socket, Close> socket_;
  std::uint16_t family_ = 0;
  std::map<std::string, std::uint32_t> groups_;
};

}  // namespace bpfcast
