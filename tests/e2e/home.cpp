#include "home.h"

#include <iostream>

#include "support/process.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

std::string Prefix() {
  RemoveLeftovers();
  static int homes = 0;
  return NamePrefix("e2e") + "-home" + std::to_string(++homes);
}

}  // namespace

Home::Home(const std::string& prefix)
    : isp_(prefix + "-isp"), router_(prefix + "-rtr"), stb1_(prefix + "-stb1"), stb2_(prefix + "-stb2") {
  // The bridge believes in a querier only after its own idea of a response interval (in 1/100 s).
  router_.IpBatch(
      "link add br-lan type bridge forward_delay 0 mcast_snooping 1 mcast_query_response_interval 50\n"
      "addr add 192.168.1.1/24 dev br-lan\nlink set br-lan up\n");
  for (const int n : {1, 2}) {
    const Host box = Box(n);
    const std::string port = "lan" + std::to_string(n);
    Veth(router_, port, box.ns, "eth0");
    router_.IpBatch("link set " + port + " master br-lan\nlink set " + port + " up\n");
    for (const char* scope : {"all", "eth0"})
      box.ns.Sysctl(std::string("ipv4/conf/") + scope + "/rp_filter", "0");
    box.ns.IpBatch("addr add " + box.address.ToString() +
                   "/24 dev eth0\nlink set eth0 up\nroute add default via 192.168.1.1\n");
  }
  AddWan();
}

void Home::AddWan(const std::string& address) const {
  Veth(router_, "wan", isp_, "head");
  router_.IpBatch("addr add " + address + " dev wan\nlink set wan up\n");
  isp_.IpBatch(
      "addr add 10.20.30.254/24 dev head\naddr add 217.166.5.5/32 dev head\naddr add 217.166.5.6/32 dev "
      "head\n"
      "link set head up\n");
}

IspQuerier::IspQuerier(const Home& home, Clock::duration interval)
    : thread_([this, &home, interval] {
        const Host isp = home.Isp();
        const Injector wire(isp.ns, isp.interface);
        const Bytes query =
            IgmpFrame(isp.ns.Mac(isp.interface), isp.address, MakeIpv4(224, 0, 0, 1),
                      QueryV3(MaxRespCode(IpVersion::k4, 500ms), AnyAddress::Unspecified(IpVersion::k4)));
        while (!stop_) {
          wire.Send(query);
          const Instant next = Clock::now() + interval;
          while (!stop_ && Clock::now() < next) std::this_thread::sleep_for(50ms);
        }
      }) {}

IspQuerier::~IspQuerier() {
  stop_ = true;
  thread_.join();
}

AtHome::AtHome() : home_(Prefix()) {}

AtHome::~AtHome() {
  if (HasFailure() && daemon_) {
    std::cerr << daemon_->Cli("status").out << daemon_->Cli("groups -d").out << daemon_->Cli("doctor").out
              << "---- bpfcastd's log ----\n"
              << daemon_->Stderr();
  }
}

void AtHome::Start(const std::string& configuration) {
  daemon_.emplace(home_.router(), configuration, NamePrefix("e2e"));
  daemon_->WaitUntilUp(2);
}

nlohmann::json AtHome::Ask(const std::string& verb) const {
  const CommandResult result = daemon_->Cli(verb + " -j");
  if (result.status != 0) throw std::runtime_error(result.err);
  return nlohmann::json::parse(result.out);
}

void AtHome::ExpectBothWatch(Clock::duration time, Clock::duration query_interval) {
  const Capture upstream(home_.Isp().ns, "head", Capture::What::kIgmp);
  const IspQuerier querier(home_, query_interval);
  ForceIgmpVersion(home_.Box(1), 2);
  Receiver version2(home_.Box(1), Channel(10));
  Receiver version3(home_.Box(2), Channel(10));
  version2.Join();
  version3.Join();
  ASSERT_TRUE(WaitForMembers(Channel(10)));
  Sender sender(home_.Isp(), Tv(Channel(10), 200));
  ASSERT_TRUE(version2.WaitForFirst(kTvSource));
  ASSERT_TRUE(version3.WaitForFirst(kTvSource));
  const Instant start = Clock::now();
  std::this_thread::sleep_for(time);
  sender.Stop();
  for (const Receiver* receiver : {&version2, &version3}) {
    EXPECT_TRUE(Eventually([&] { return receiver->Of(kTvSource).last == sender.sent() - 1; }))
        << receiver->Of(kTvSource).last << " of " << sender.sent();
    ExpectNoGap(*receiver, kTvSource);
  }
  // Each query but the last may be answered by now; an answer may be the next one's, too.
  const auto answers = upstream.Count(Both(Arrived, Record(kIsEx, Channel(10))), start);
  EXPECT_GE(answers + 2, static_cast<std::size_t>(time / query_interval));
}

}  // namespace bpfcast::test
