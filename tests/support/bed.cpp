#include "support/bed.h"

#include <stdexcept>

#include "support/wiring.h"

namespace bpfcast::test {
Bed::Bed(const std::string& prefix)
    : up_(prefix + "-up"),
      router_(prefix + "-router"),
      switch_(prefix + "-sw"),
      h1_(prefix + "-h1"),
      h2_(prefix + "-h2"),
      h3_(prefix + "-h3"),
      h4_(prefix + "-h4") {
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
  router_.IpBatch(
      "addr add 198.51.100.2/24 dev wan0\naddr add 192.0.2.1/24 dev lan1\n"
      "addr add 203.0.113.1/24 dev lan2\naddr add 10.30.0.1/24 dev lan3\n"
      "link set wan0 up\nlink set lan1 up\nlink set lan2 up\nlink set lan3 up\n");
  ReadyHost(up_, "up0", "198.51.100.1");
  ReadyHost(h1_, "eth0", "192.0.2.10");
  ReadyHost(h2_, "eth0", "192.0.2.11");
  ReadyHost(h3_, "eth0", "203.0.113.10");
  ReadyHost(h4_, "eth0", "10.30.0.10");
  std::string sources;
  for (int n = 1; n <= 5; ++n) sources += "addr add 10.0.0." + std::to_string(n) + "/32 dev up0\n";
  up_.IpBatch(sources);
}

LinkEnd Bed::Far(const std::string& port) const {
  if (port == "wan0") return {up_, "up0"};
  if (port == "lan1") return {switch_, "p0"};
  if (port == "lan2") return {h3_, "eth0"};
  if (port == "lan3") return {h4_, "eth0"};
  throw std::runtime_error("no router port " + port);
}

}  // namespace bpfcast::test
