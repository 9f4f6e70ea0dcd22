#include "support/star.h"

#include "support/wiring.h"

namespace bpfcast::test {

Star::Star(const std::string& prefix, int lans)
    : lans_(lans), up_(prefix + "-up"), router_(prefix + "-router"), hosts_(prefix + "-hosts") {
  Veth(router_, "wan0", up_, "up0");
  std::string links;
  std::string router;
  std::string hosts;
  for (int n = 1; n <= lans; ++n) {
    const std::string lan = LanName(n);
    const std::string far = host(n).interface;
    links += "link add " + lan + " type veth peer name " + far + " netns " + hosts_.name() + "\n";
    router += "addr add " + Address(n, 1).ToString() + "/24 dev " + lan + "\nlink set " + lan + " up\n";
    hosts += "addr add " + Address(n, 10).ToString() + "/24 dev " + far + "\nlink set " + far + " up\n";
  }
  router_.IpBatch(links + router + "addr add 198.51.100.2/24 dev wan0\nlink set wan0 up\n");
  for (const char* scope : {"all", "default"}) {
    hosts_.Sysctl(std::string("ipv4/conf/") + scope + "/rp_filter", "0");
  }
  for (int n = 1; n <= lans; ++n) hosts_.Sysctl("ipv4/conf/" + host(n).interface + "/rp_filter", "0");
  hosts_.IpBatch(hosts);
  ReadyHost(up_, "up0", {"198.51.100.1/24"});
  std::string sources;
  for (int n = 1; n <= 5; ++n) sources += "addr add 10.0.0." + std::to_string(n) + "/32 dev up0\n";
  up_.IpBatch(sources);
}

std::string Star::LanNames() const {
  std::string names;
  for (int n = 1; n <= lans_; ++n) names += (n > 1 ? ", \"" : "\"") + LanName(n) + "\"";
  return "[" + names + "]";
}

Ipv4Address Star::Address(int lan, std::uint8_t last) {
  return MakeIpv4(10, static_cast<std::uint8_t>(101 + (lan - 1) / 200),
                  static_cast<std::uint8_t>((lan - 1) % 200), last);
}

}  // namespace bpfcast::test
