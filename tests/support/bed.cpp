#include "support/bed.h"

#include <stdexcept>

#include "support/wiring.h"

namespace bpfcast::test {
namespace {

std::vector<std::string> RouterIpv6(const std::string& port) {
  if (port == "wan0") return {"fe80::2/64", "2001:db8:100::2/64"};
  return {"fe80::1/64", "2001:db8:" + port.substr(3) + "::1/64"};
}

}  // namespace

Bed::Bed(const std::string& prefix, NetNs::Ipv6 ipv6)
    : up_(prefix + "-up", ipv6),
      router_(prefix + "-router", ipv6),
      switch_(prefix + "-sw"),
      h1_(prefix + "-h1", ipv6),
      h2_(prefix + "-h2", ipv6),
      h3_(prefix + "-h3", ipv6),
      h4_(prefix + "-h4", ipv6) {
  const auto addresses = [&](std::vector<std::string> all, const std::vector<std::string>& with_ipv6) {
    if (ipv6 == NetNs::Ipv6::kOn) all.insert(all.end(), with_ipv6.begin(), with_ipv6.end());
    return all;
  };
  Veth(router_, "wan0", up_, "up0");
  Veth(router_, "lan1", switch_, "p0");
  Veth(switch_, "p1", h1_, "eth0");
  Veth(switch_, "p2", h2_, "eth0");
  Veth(router_, "lan2", h3_, "eth0");
  Veth(router_, "lan3", h4_, "eth0");
  switch_.IpBatch(
      "link add br0 type bridge mcast_snooping 0 forward_delay 0\n"
      "link set p0 master br0\nlink set p1 master br0\nlink set p2 master br0\n"
      "link set p0 up\nlink set p1 up\nlink set p2 up\nlink set br0 up\n");
  ReadyForXdp(switch_, "p0");
  router_.IpBatch(AddAddresses("wan0", addresses({"198.51.100.2/24"}, RouterIpv6("wan0"))) +
                  AddAddresses("lan1", addresses({"192.0.2.1/24"}, RouterIpv6("lan1"))) +
                  AddAddresses("lan2", addresses({"203.0.113.1/24"}, RouterIpv6("lan2"))) +
                  AddAddresses("lan3", addresses({"10.30.0.1/24"}, RouterIpv6("lan3"))) +
                  "link set wan0 up\nlink set lan1 up\nlink set lan2 up\nlink set lan3 up\n");
  std::vector<std::string> up = addresses({"198.51.100.1/24"}, {"fe80::1/64", "2001:db8:100::1/64"});
  for (const char n : {'1', '2', '3', '4', '5'}) {
    for (const std::string& source : addresses({"10.0.0."}, {"2001:db8::"}))
      up.push_back(source + n + (source.back() == ':' ? "/128" : "/32"));
  }
  ReadyHost(up_, "up0", up);
  ReadyHost(h1_, "eth0", addresses({"192.0.2.10/24"}, {"fe80::a/64", "2001:db8:1::a/64"}));
  ReadyHost(h2_, "eth0", addresses({"192.0.2.11/24"}, {"fe80::b/64", "2001:db8:1::b/64"}));
  ReadyHost(h3_, "eth0", addresses({"203.0.113.10/24"}, {"fe80::c/64", "2001:db8:2::c/64"}));
  ReadyHost(h4_, "eth0", addresses({"10.30.0.10/24"}, {"fe80::d/64", "2001:db8:3::d/64"}));
  if (ipv6 == NetNs::Ipv6::kOff) return;
  for (const Host& host : {this->up(), h1(), h2(), h3(), h4()}) WaitForIpv6(host.ns, host.interface);
  for (const char* port : {"wan0", "lan1", "lan2", "lan3"}) WaitForIpv6(router_, port);
}

void Bed::RestoreIpv6(const std::string& port) const {
  router_.IpBatch(AddAddresses(port, RouterIpv6(port)));
}

LinkEnd Bed::Far(const std::string& port) const {
  if (port == "wan0") return {up_, "up0"};
  if (port == "lan1") return {switch_, "p0"};
  if (port == "lan2") return {h3_, "eth0"};
  if (port == "lan3") return {h4_, "eth0"};
  throw std::runtime_error("no router port " + port);
}

}  // namespace bpfcast::test
