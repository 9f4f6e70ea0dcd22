// What a dead agent leaves forwards on, and the next one takes it over, whatever the moment was (X-03,
// TX-03).
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "bpf/lab.h"

namespace bpfcast::bpftest {
namespace {

const Ipv4Address kAny;
const Ipv4Address kGroup = MakeIpv4(239, 1, 2, 3);
const Ipv4Address kOther = MakeIpv4(239, 9, 9, 9);
const Ipv4Address kSource = MakeIpv4(198, 51, 100, 7);

/// `ports` as the datapath wants to be told of them.
ForwardingUpdate<Igmp> RouteTo(const Ipv4Address& group, const PortSet& ports) {
  Route route;
  route.from_upstream = route.from_downstream = route.not_upstream = ports;
  route.from_downstream.Add(kU);
  return {{{kAny, group}, route}};
}

class Adoption : public testing::TestWithParam<TcAttachment> {
 protected:
  explicit Adoption(const BpfDatapathConfig& config = {.tc = GetParam()}) : lab_(config) {
    lab_.MakePort(kU, "u", PortRole::kUpstream, Hook::kXdp, {MakeIpv4(198, 51, 100, 2), 24});
    lab_.MakePort(kD1, "d1", PortRole::kDownstream, Hook::kXdp, {MakeIpv4(192, 0, 2, 1), 24});
    lab_.MakePort(kD2, "d2", PortRole::kDownstream, Hook::kXdp, {MakeIpv4(203, 0, 113, 1), 24});
    lab_.Close();
  }

  /// An agent that works until it ends without a word.
  void Die(const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (!lab_.Reopen()) ::_exit(1);
      work();
      ::_exit(HasFailure() ? 2 : 0);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
  }
  void DieForwarding() {
    Die([this] {
      for (const PortId id : {kU, kD1, kD2}) lab_.Set(lab_.port(id));
      lab_.Route(kAny, kGroup, {kD1, kD2});
      lab_.Route(kSource, kOther, {kD2});
    });
  }
  void Open() {
    const auto opened = lab_.Reopen();
    ASSERT_TRUE(opened) << opened.error().message;
  }
  const Inheritance& Inherited() { return lab_.datapath().Inherited(); }
  void TakeOver(const ForwardingUpdate<Igmp>& routes) {
    const auto taken = lab_.datapath().TakeOver({lab_.port(kU), lab_.port(kD1), lab_.port(kD2)}, routes, {});
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_TRUE(taken->ipv4);
    EXPECT_TRUE(taken->ipv6);
    for (const auto& port : taken->ports) {
      ASSERT_TRUE(port) << port.error().message;
      EXPECT_EQ(port->hook, Hook::kXdp);
    }
  }
  /// How many copies of one packet to the group leave through D1.
  std::size_t Copies(int timeout_ms = 300) {
    const Far d1 = lab_.FarEnd(kD1);
    lab_.FarEnd(kU).Send(Frame{}.Build());
    return d1.Drain(timeout_ms).size();
  }
  std::string Pin(const std::string& name) const { return lab_.bpffs() + "/bpfcast/test/" + name; }
  bool HasPin(const std::string& name) const { return std::filesystem::exists(Pin(name)); }
  void SetControl(const std::function<void(bpfcast_control&)>& change) const {
    const BpfFd map(bpf_obj_get(Pin("control").c_str()));
    const std::uint32_t zero = 0;
    bpfcast_control control{};
    ASSERT_EQ(bpf_map_lookup_elem(map.get(), &zero, &control), 0);
    change(control);
    ASSERT_EQ(bpf_map_update_elem(map.get(), &zero, &control, BPF_ANY), 0);
  }
  template <class Key, class Value>
  void Write(const std::string& map_name, const Key& key, const Value& value) const {
    const BpfFd map(bpf_obj_get(Pin(map_name).c_str()));
    ASSERT_EQ(bpf_map_update_elem(map.get(), &key, &value, BPF_ANY), 0) << map_name;
  }
  std::uint32_t IndexOf(const Ipv4Address& source, const Ipv4Address& group) const {
    const BpfFd map(bpf_obj_get(Pin("rt4").c_str()));
    const bpfcast_key4 key = ToKey<Igmp>({source, group});
    std::uint32_t index = 0;
    EXPECT_EQ(bpf_map_lookup_elem(map.get(), &key, &index), 0);
    return index;
  }
  static bpf_link_info LinkInfo(const std::string& pin) {
    const BpfFd link(bpf_obj_get(pin.c_str()));
    bpf_link_info info{};
    std::uint32_t size = sizeof info;
    EXPECT_EQ(bpf_obj_get_info_by_fd(link.get(), &info, &size), 0) << pin;
    return info;
  }

  Lab lab_;
};

TEST_P(Adoption, TX_03_TheNextAgentIsToldWhatTheDeadOneForwardedAndItGoesOn) {
  DieForwarding();
  EXPECT_EQ(Copies(), 1U);
  Open();
  ASSERT_EQ(Inherited().estate, Estate::kRoutes);
  std::vector<std::pair<PortId, std::uint32_t>> ports;
  for (const InheritedPort& port : Inherited().ports) {
    ports.emplace_back(port.id, port.ifindex);
    EXPECT_EQ(port.role, port.id == kU ? PortRole::kUpstream : PortRole::kDownstream);
  }
  EXPECT_EQ(ports,
            (std::vector<std::pair<PortId, std::uint32_t>>{
                {kU, lab_.port(kU).ifindex}, {kD1, lab_.port(kD1).ifindex}, {kD2, lab_.port(kD2).ifindex}}));
  std::map<RouteKey<Igmp>, std::size_t> routes;
  for (const auto& route : Inherited().ipv4) {
    routes[route.key] = route.downstreams.size();
    EXPECT_TRUE(route.downstreams.Contains(kD2));
  }
  EXPECT_EQ(routes, (std::map<RouteKey<Igmp>, std::size_t>{{{kAny, kGroup}, 2}, {{kSource, kOther}, 1}}));
  EXPECT_TRUE(Inherited().ipv6.empty());
  EXPECT_EQ(Copies(), 1U) << "nothing changes until TakeOver()";
  TakeOver(RouteTo(kGroup, {kD1, kD2}));
  EXPECT_EQ(Inherited().estate, Estate::kNone);
  EXPECT_EQ(Copies(), 1U);
  EXPECT_EQ(lab_.datapath().CountersOfRoutes(Igmp())->size(), 1U) << "what nobody named ended";
}

TEST_P(Adoption, X_03_WhatIsNotTakenOverEnds) {
  DieForwarding();
  Open();
  TakeOver({});
  EXPECT_EQ(Copies(), 0U);
}

TEST_P(Adoption, X_03_APortThatHasNoRoleAnyMoreKeepsNothing) {
  DieForwarding();
  Open();
  ASSERT_TRUE(lab_.datapath().TakeOver({lab_.port(kU), lab_.port(kD1)}, RouteTo(kGroup, {kD1}), {}));
  EXPECT_EQ(Copies(), 1U);
  EXPECT_EQ(Output("ip -d link show d2").find("prog/xdp"), std::string::npos);
  EXPECT_EQ(Output("tc filter show dev d2 ingress"), "");
  EXPECT_EQ(Output("tc qdisc show dev d2 clsact"), "");
  EXPECT_FALSE(HasPin("link_xdp_" + std::to_string(lab_.port(kD2).ifindex)));
}

// A new version of the programs comes by an update of the links, and without a packet in between.
TEST_P(Adoption, X_03_LinksStayAndGetTheNewPrograms) {
  DieForwarding();
  const std::string pin = Pin("link_xdp_" + std::to_string(lab_.port(kU).ifindex));
  const bpf_link_info before = LinkInfo(pin);
  const std::string filter = Output("tc filter show dev u ingress");
  Open();
  TakeOver(RouteTo(kGroup, {kD1, kD2}));
  const bpf_link_info after = LinkInfo(pin);
  EXPECT_EQ(before.id, after.id);
  EXPECT_NE(before.prog_id, after.prog_id);
  if (GetParam() == TcAttachment::kFilter) {
    const std::string replaced = Output("tc filter show dev u ingress");
    EXPECT_NE(replaced, filter);
    EXPECT_EQ(std::count(replaced.begin(), replaced.end(), '\n'),
              std::count(filter.begin(), filter.end(), '\n'));
  }
  lab_.Close();
  EXPECT_EQ(Output("ip -d link show u").find("prog/xdp"), std::string::npos);
  EXPECT_EQ(Output("tc qdisc show dev u clsact"), "");
  EXPECT_FALSE(std::filesystem::exists(lab_.bpffs() + "/bpfcast"));
}

TEST_P(Adoption, X_03_HandedOverIsAsDead) {
  Open();
  for (const PortId id : {kU, kD1, kD2}) lab_.Set(lab_.port(id));
  lab_.Route(kAny, kGroup, {kD1, kD2});
  lab_.datapath().HandOver();
  lab_.Close();
  EXPECT_EQ(Copies(), 1U);
  Open();
  EXPECT_EQ(Inherited().ipv4.size(), 1U);
  TakeOver(RouteTo(kGroup, {kD1}));
  EXPECT_EQ(Copies(), 1U);
}

// The lists that packets go by are not those that the new agent makes, over and over.
TEST_P(Adoption, X_03_ThirtyAgentsDieOneAfterTheOther) {
  DieForwarding();
  for (int i = 0; i < 30; ++i) {
    Die([this, i] {
      EXPECT_EQ(Inherited().ipv4.size(), i == 0 ? 2U : 1U);
      TakeOver(RouteTo(kGroup, {kD1, kD2}));
    });
    if (HasFailure()) return;
    if (i % 10 == 0) {
      ASSERT_EQ(Copies(50), 1U) << i;
    }
  }
  Open();
  EXPECT_TRUE(Inherited().ipv4.at(0).downstreams == (PortSet{kD1, kD2}));
}

// An agent may end between any two of its writes.
TEST_P(Adoption, TX_03_HalfOfARouteIsNoRoute) {
  DieForwarding();
  const std::uint32_t index = IndexOf(kAny, kGroup);
  // Numbers beyond the table, of nothing, of another's route, and the word of a list that does not exist.
  Write("rt4", ToKey<Igmp>({kAny, MakeIpv4(239, 0, 0, 1)}), std::uint32_t{BPFCAST_MAX_ROUTES});
  Write("rt4", ToKey<Igmp>({kAny, MakeIpv4(239, 0, 0, 2)}), std::uint32_t{4711});
  Write("rt4", ToKey<Igmp>({kAny, MakeIpv4(239, 0, 0, 3)}), index);
  Write("rt4", ToKey<Igmp>({kAny, MakeIpv4(239, 0, 0, 4)}), std::uint32_t{BPFCAST_DEFAULT_ROUTE});
  bpfcast_route wild{};
  wild.family = BPFCAST_IPV4;
  wild.key4 = ToKey<Igmp>({kAny, MakeIpv4(239, 0, 0, 5)});
  wild.not_upstream = bpfcast_oil_word(BPFCAST_MAX_OILS - 1, 1500, 64, 0);
  wild.from_upstream = bpfcast_oil_word(0xffff, 1500, 0xffff, BPFCAST_OIL_XDP);
  Write("routes", std::uint32_t{4712}, wild);
  Write("rt4", ToKey<Igmp>({kAny, MakeIpv4(239, 0, 0, 5)}), std::uint32_t{4712});
  Open();
  ASSERT_EQ(Inherited().estate, Estate::kRoutes);
  std::map<RouteKey<Igmp>, std::size_t> routes;
  for (const auto& route : Inherited().ipv4) routes[route.key] = route.downstreams.size();
  EXPECT_EQ(routes, (std::map<RouteKey<Igmp>, std::size_t>{
                        {{kAny, kGroup}, 2}, {{kSource, kOther}, 1}, {{kAny, MakeIpv4(239, 0, 0, 5)}, 0}}));
  TakeOver(RouteTo(kGroup, {kD1, kD2}));
  EXPECT_EQ(Copies(), 1U);
  // The numbers are free again: as many routes as before fit.
  lab_.Route(kAny, MakeIpv4(239, 0, 0, 2), {kD1});
  EXPECT_EQ(lab_.datapath().CountersOfRoutes(Igmp())->size(), 2U);
}

TEST_P(Adoption, TX_03_MapsWithoutOneOfThemAreNoSet) {
  for (const char* missing : {"control", "routes", "tx_one"}) {
    SCOPED_TRACE(missing);
    DieForwarding();
    std::filesystem::remove(Pin(missing));
    Open();
    EXPECT_EQ(Inherited().estate, Estate::kNone);
    TakeOver(RouteTo(kGroup, {kD1}));
    EXPECT_EQ(Copies(), 1U);
    lab_.Close();
  }
}

TEST_P(Adoption, TX_03_AMapOfAnotherShapeIsNotUsed) {
  DieForwarding();
  std::filesystem::remove(Pin("routes"));
  const BpfFd other(bpf_map_create(BPF_MAP_TYPE_ARRAY, "routes", 4, 64, 16, nullptr));
  ASSERT_EQ(bpf_obj_pin(other.get(), Pin("routes").c_str()), 0);
  Open();
  EXPECT_EQ(Inherited().estate, Estate::kNone);
  TakeOver(RouteTo(kGroup, {kD1}));
  EXPECT_EQ(Copies(), 1U);
}

// Filters of Linux before 6.6 are replaced in two steps beside their pin.
TEST_P(Adoption, TX_03_AFilterThatWasBeingReplacedIsNotLeftBehind) {
  if (GetParam() == TcAttachment::kBest) return;  // it has links
  DieForwarding();
  const std::string pin = Pin("tcfq_" + std::to_string(lab_.port(kD2).ifindex));
  std::filesystem::rename(pin, pin + "_new");
  Open();
  ASSERT_TRUE(lab_.datapath().TakeOver({lab_.port(kU), lab_.port(kD1)}, RouteTo(kGroup, {kD1}), {}));
  EXPECT_EQ(Output("tc qdisc show dev d2 clsact"), "");
  EXPECT_EQ(Copies(), 1U);
}

// The tables of another version cannot be read, but the programs that use them go on.
TEST_P(Adoption, X_03_AnotherVersionForwardsUntilOurTablesAreComplete) {
  DieForwarding();
  SetControl([](bpfcast_control& control) { control.abi = BPFCAST_ABI + 1; });
  // Whatever dies on the way: the next one finds the same.
  for (int i = 0; i < 3; ++i) {
    Die([this] { EXPECT_EQ(Inherited().estate, Estate::kOpaque); });
    EXPECT_EQ(Copies(), 1U);
    EXPECT_TRUE(HasPin("control_before"));
    EXPECT_FALSE(HasPin("control"));
  }
  Open();
  ASSERT_EQ(Inherited().estate, Estate::kOpaque);
  EXPECT_TRUE(Inherited().ports.empty());
  lab_.datapath().Tick(Time{});
  EXPECT_EQ(Copies(), 1U);
  TakeOver(RouteTo(kGroup, {kD1, kD2}));
  EXPECT_EQ(Copies(), 1U);
  EXPECT_TRUE(HasPin("control"));
  EXPECT_FALSE(HasPin("control_before"));
  EXPECT_EQ(lab_.Counter("forwarded"), 1U) << "our programs count in our tables";
}

TEST_P(Adoption, X_03_AnAgentThatDiedWhileItSwitchedFromAnotherVersionIsTakenOver) {
  DieForwarding();
  SetControl([](bpfcast_control& control) { control.abi = BPFCAST_ABI + 1; });
  Die([this] {
    // Ended when its tables were complete, but not all links had its programs.
    ASSERT_TRUE(lab_.datapath().TakeOver({lab_.port(kU), lab_.port(kD1), lab_.port(kD2)},
                                         RouteTo(kGroup, {kD1, kD2}), {}));
    std::filesystem::create_directories(Pin(""));
    const BpfFd before(bpf_map_create(BPF_MAP_TYPE_ARRAY, "control", 4, sizeof(bpfcast_control), 1, nullptr));
    ASSERT_EQ(bpf_obj_pin(before.get(), Pin("control_before").c_str()), 0);
  });
  Open();
  ASSERT_EQ(Inherited().estate, Estate::kRoutes) << "`control` decides";
  TakeOver(RouteTo(kGroup, {kD1, kD2}));
  EXPECT_EQ(Copies(), 1U);
  EXPECT_FALSE(HasPin("control_before"));
}

TEST_P(Adoption, X_03_PastItsLeaseNothingIsTakenOver) {
  DieForwarding();
  SetControl([](bpfcast_control& control) { control.lease = 1; });
  EXPECT_EQ(Copies(), 0U);
  Open();
  EXPECT_EQ(Inherited().estate, Estate::kNone);
  TakeOver(RouteTo(kGroup, {kD1}));
  EXPECT_EQ(Copies(), 1U);
}

TEST_P(Adoption, X_03_WhatBelongsToAnotherNetworkNamespaceIsNotTakenOver) {
  DieForwarding();
  SetControl([](bpfcast_control& control) { ++control.netns; });
  Open();
  EXPECT_EQ(Inherited().estate, Estate::kNone);
}

INSTANTIATE_TEST_SUITE_P(Tc, Adoption, testing::Values(TcAttachment::kBest, TcAttachment::kFilter),
                         [](const auto& info) {
                           return info.param == TcAttachment::kBest ? "Tcx" : "Clsact";
                         });

class NoLease : public Adoption {
 protected:
  NoLease() : Adoption({.lease = Duration::zero(), .tc = GetParam()}) {}
};

// Lease 0: what attaches the programs ends with the agent, and a filter as soon as its packets see the lease
// end.
TEST_P(NoLease, X_03_NothingGoesOnWithoutAnAgent) {
  DieForwarding();
  EXPECT_EQ(Output("ip -d link show u").find("prog/xdp"), std::string::npos);
  const auto gone_by = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  std::size_t copies = Copies(50);
  while (copies > 0 && std::chrono::steady_clock::now() < gone_by) copies = Copies(50);
  EXPECT_EQ(copies, 0U);
}

INSTANTIATE_TEST_SUITE_P(Tc, NoLease, testing::Values(TcAttachment::kBest, TcAttachment::kFilter),
                         [](const auto& info) {
                           return info.param == TcAttachment::kBest ? "Tcx" : "Clsact";
                         });

}  // namespace
}  // namespace bpfcast::bpftest
