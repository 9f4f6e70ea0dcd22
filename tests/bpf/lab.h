// Lab: a network namespace of the test's own, with ports (veth pairs), a BPF file system, and a datapath.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bpf/frame.h"
#include "datapath/bpf_datapath.h"

namespace bpfcast::bpftest {

inline constexpr PortId kU{0};
inline constexpr PortId kD1{1};
inline constexpr PortId kD2{2};
inline constexpr PortId kD3{3};

/// Packet socket at the far end of a port: what is sent there arrives at the port, and what the port sends is
/// received.
class Far {
 public:
  explicit Far(const std::string& interface);
  Far(Far&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Far& operator=(Far&&) = delete;
  ~Far();

  void Send(const Bytes& frame) const;
  /// The next IP frame other than IGMP and ICMPv6, or nothing after the timeout.
  std::optional<Bytes> Receive(int timeout_ms = 2000) const;
  /// The same of whatever arrives.
  std::optional<Bytes> ReceiveAny(int timeout_ms) const;
  /// Takes frames until nothing came for the timeout.
  std::vector<Bytes> Drain(int timeout_ms = 150) const;
  /// Frames that the kernel could not store for us, since the last call.
  unsigned Missed() const;

 private:
  int fd_ = -1;
};

class Lab {
 public:
  explicit Lab(TcAttachment tc = TcAttachment::kBest) : Lab(BpfDatapathConfig{.tc = tc}) {}
  explicit Lab(const BpfDatapathConfig& config);
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;
  ~Lab();

  BpfDatapath& datapath() { return *datapath_; }
  void Close() { datapath_.reset(); }
  Result<void> Reopen();
  const std::string& bpffs() const { return bpffs_; }

  /// Creates the interface and its far end NAME-far, which lets native XDP redirect to the port. Its IPv6
  /// subnet is 2001:db8:f000::/64 and the number of the port, where its own address ends as in IPv4.
  DatapathPort MakePort(PortId id, const std::string& name, PortRole role, Hook hook,
                        const Prefix<Ipv4Address>& subnet);
  /// The ports of the conformance matrix: U 198.51.100.2/24, D1 192.0.2.1/24, D2 203.0.113.1/24,
  /// D3 10.30.0.1/24; 2001:db8:f000::2/64, 2001:db8:f001::1/64, 2001:db8:f002::1/64, 2001:db8:f003::1/64.
  void MakeBed(Hook hook);
  /// Gives the port to the datapath; it must be served by `port.hook`.
  void Set(const DatapathPort& port);
  DatapathPort& port(PortId id) { return ports_.at(id); }
  Far FarEnd(PortId id) { return Far(ports_.at(id).name + "-far"); }

  void Route(const Ipv4Address& source, const Ipv4Address& group, const PortSet& downstreams,
             bool local = false) {
    RouteOf<Igmp>(source, group, downstreams, local);
  }
  void Route(const Ipv6Address& source, const Ipv6Address& group, const PortSet& downstreams,
             bool local = false) {
    RouteOf<Mld>(source, group, downstreams, local);
  }

  /// The counter `name` ("forwarded" too), and the sum of all that belong to packets.
  std::uint64_t Counter(const std::string& name);
  std::uint64_t Verdicts();
  PortCounters PortCounter(PortId id);
  /// Why what arrived on the port was not forwarded, and copies not sent through it: "rpf 1 mtu 2"; zeros are
  /// left out.
  std::string Reasons(PortId id);

 private:
  template <class F>
  void RouteOf(const typename F::Address& source, const typename F::Address& group,
               const PortSet& downstreams, bool local);

  int old_net_ = -1;
  int old_mount_ = -1;
  std::string bpffs_;
  BpfDatapathConfig config_;
  std::unique_ptr<BpfDatapath> datapath_;
  std::map<PortId, DatapathPort> ports_;
};

/// Runs a command; the test fails when the command does.
void Shell(const std::string& command);
/// What a command prints.
std::string Output(const std::string& command);

}  // namespace bpfcast::bpftest
