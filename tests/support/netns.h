// Network namespaces that go away with the object, and what a test needs to do inside them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/unique_fd.h"

namespace bpfcast::test {

using MacAddress = std::array<std::uint8_t, 6>;

class NetNs {
 public:
  /// kOn: without addresses of its own making, router solicitations or a wait for duplicate detection, so
  /// that the addresses of a bed are those that it gives, at once.
  enum class Ipv6 { kOff, kOn };

  /// Creates `name` with its loopback up. Throws when it cannot.
  explicit NetNs(std::string name, Ipv6 ipv6 = Ipv6::kOff);
  ~NetNs();
  NetNs(const NetNs&) = delete;
  NetNs& operator=(const NetNs&) = delete;

  const std::string& name() const { return name_; }
  UniqueFd Open() const;

  /// Runs `work` on a thread of its own inside the namespace; its exception comes out here.
  void Run(const std::function<void()>& work) const;
  /// A socket of this namespace, usable from any thread.
  UniqueFd Socket(int domain, int type, int protocol) const;
  /// `path` below /proc/sys/net, e.g. "ipv4/conf/eth0/force_igmp_version".
  void Sysctl(const std::string& path, const std::string& value) const;

  /// `ip -n NAME ...`, words separated by spaces; gives its output, throws when it fails.
  std::string Ip(const std::string& command) const;
  /// The same for many commands, one a line, in one process.
  void IpBatch(const std::string& commands) const;

  int IfIndex(const std::string& interface) const;
  MacAddress Mac(const std::string& interface) const;

 private:
  std::string name_;
};

/// Removes namespaces "bpfcast-WHAT-PID-..." whose process does not live any more, and the pins and sockets
/// of such runs.
void RemoveLeftovers();
/// "bpfcast-WHAT-PID": the beginning of every name that this process gives away.
std::string NamePrefix(const std::string& what);
/// Words between spaces.
std::vector<std::string> Words(const std::string& text);

}  // namespace bpfcast::test
