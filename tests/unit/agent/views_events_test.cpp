#include "views_bed.h"

namespace bpfcast {
namespace {

using EventsViewTest = ViewsBed;

TEST_F(EventsViewTest, EventsAreRowsOfTheirFamilyTheOldestFirst) {
  PacketEventLog log;
  EXPECT_EQ(EventsJson(log, kStart), "[]");
  PacketEvent wrong;
  wrong.kind = PacketEventKind::kWrongInterface;
  wrong.stream = RouteKey<Igmp>{kSource, kGroup};
  log.Add(wrong, "lan1", kStart, [] { return std::string(); });
  PacketEvent big;
  big.kind = PacketEventKind::kTooBig;
  big.stream = RouteKey<Mld>{*Ipv6Address::Parse("2001:db8::1"), *Ipv6Address::Parse("ff0e::1234")};
  big.mtu = 1400;
  log.Add(big, "eth0", kStart + seconds(1), [] { return std::string(); });
  EXPECT_EQ(Json::parse(EventsJson(log, kStart + seconds(3))), Json::parse(R"([
      {"number": 0, "event": "rpf", "port": "lan1", "family": "ipv4", "group": "239.1.2.3", "source": "10.0.0.1",
       "mtu": null, "seconds_ago": 3.0},
      {"number": 1000000, "event": "too-big", "port": "eth0", "family": "ipv6", "group": "ff0e::1234", "source": "2001:db8::1",
       "mtu": 1400, "seconds_ago": 2.0}])"));
}

TEST_F(EventsViewTest, EventsOfOneMomentHaveDifferentNumbers) {
  PacketEventLog log;
  PacketEvent event;
  event.kind = PacketEventKind::kNoRoute;
  event.stream = RouteKey<Igmp>{kSource, kGroup};
  for (int i = 0; i < 3; ++i) log.Add(event, "lan1", kStart + seconds(1), [] { return std::string(); });
  std::vector<std::uint64_t> numbers;
  for (const auto& row : Json::parse(EventsJson(log, kStart + seconds(1))))
    numbers.push_back(row.at("number"));
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{1000000, 1000001, 1000002}));
}

}  // namespace
}  // namespace bpfcast
