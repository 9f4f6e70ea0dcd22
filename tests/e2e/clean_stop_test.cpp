// After a clean stop the machine is as it was: no program, map, link, pin, filter, qdisc, interface flag or
// socket of ours.
#include <csignal>
#include <fstream>
#include <set>

#include "fixture.h"
#include "support/bpf_objects.h"

namespace bpfcast::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CleanStop : public E2e {
 protected:
  /// Flags, promiscuity, allmulti, XDP, MTU and qdisc of every router port; no counters.
  std::string Interfaces() const {
    const auto links = nlohmann::json::parse(bed_.router().Ip("-d -j link show"));
    nlohmann::json kept = nlohmann::json::array();
    for (const auto& link : links) {
      nlohmann::json one;
      for (const char* key :
           {"ifname", "flags", "promiscuity", "allmulti", "xdp", "mtu", "qdisc", "address"}) {
        if (link.contains(key)) one[key] = link[key];
      }
      kept.push_back(one);
    }
    return kept.dump(1);
  }
  std::string Filters() const {
    std::string text = MustRun({"tc", "qdisc", "show"}, &bed_.router());
    for (const char* port : {"wan0", "lan1", "lan2", "lan3"}) {
      for (const char* hook : {"ingress", "egress"}) {
        text += RunCommand({"tc", "filter", "show", "dev", port, hook}, &bed_.router()).out;
      }
    }
    return text;
  }
  std::string Memberships() const { return bed_.router().Ip("maddr show"); }
  std::string Forwarding() const {
    std::string text;
    bed_.router().Run([&] {
      for (const char* name :
           {"ip_forward", "conf/all/mc_forwarding", "conf/all/rp_filter", "conf/wan0/rp_filter"}) {
        std::ifstream file(std::string("/proc/sys/net/ipv4/") + name);
        std::string value;
        file >> value;
        text += name + (" = " + value) + "\n";
      }
    });
    return text;
  }
  /// A stream, members, everything that makes the daemon allocate.
  void Work() {
    Sender sender(bed_.up(), FromUpstream(AnyGroup()));
    Receiver one(bed_.h1(), AnyGroup());
    Receiver two(bed_.h3(), AnyGroup());
    one.Join();
    two.Join();
    ASSERT_TRUE(one.WaitForFirst(SourceNo(1)));
    ASSERT_TRUE(two.WaitForFirst(SourceNo(1)));
  }
  void ExpectNothingLeft(int signal) {
    const std::string interfaces = Interfaces();
    const std::string filters = Filters();
    const std::string memberships = Memberships();
    const std::string forwarding = Forwarding();
    StartDaemon();
    Work();
    EXPECT_TRUE(std::filesystem::exists(daemon_->Pins()));
    const std::set<BpfObject> objects = HeldBy(daemon_->pid());
    ASSERT_GE(objects.size(), 6U) << "programs, links and maps of a running datapath";
    EXPECT_THAT(Interfaces(), HasSubstr("ALLMULTI"));
    EXPECT_EQ(Forwarding(), forwarding) << "a running daemon needs no sysctl";

    daemon_->Signal(signal);
    EXPECT_EQ(daemon_->Wait(10s), 0) << daemon_->Stderr();
    EXPECT_EQ(Interfaces(), interfaces);
    EXPECT_EQ(Filters(), filters);
    EXPECT_EQ(Memberships(), memberships);
    EXPECT_EQ(Forwarding(), forwarding);
    EXPECT_FALSE(std::filesystem::exists(daemon_->Pins()));
    EXPECT_FALSE(std::filesystem::exists(daemon_->Socket()));
    EXPECT_FALSE(std::filesystem::exists(daemon_->Socket().replace_extension(".allmulti")));
    for (const auto& [kind, id] : objects) {  // the kernel frees maps a little later
      const std::vector<std::string> show{"bpftool", kind, "show", "id", id};
      EXPECT_TRUE(Eventually([&] { return RunCommand(show).status != 0; }))
          << kind << " " << id << " still exists";
    }
  }
};
BPFCAST_FOR_EACH_HOOK_AND_FAMILY(CleanStop);

TEST_P(CleanStop, TX_02_SigtermLeavesNothing) {
  ExpectNothingLeft(SIGTERM);
}

TEST_P(CleanStop, TX_02_SigintLeavesNothing) {
  ExpectNothingLeft(SIGINT);
}

TEST_P(CleanStop, X_03_TheFlagOutlivesACrashAndTheNextCleanStopClearsIt) {
  const std::string interfaces = Interfaces();
  const std::string filters = Filters();
  StartDaemon();
  daemon_->Signal(SIGKILL);
  ASSERT_TRUE(daemon_->Wait(10s));
  EXPECT_THAT(Interfaces(), HasSubstr("ALLMULTI"))
      << "what the datapath goes on forwarding must still arrive";
  EXPECT_TRUE(std::filesystem::exists(daemon_->Pins()));

  Daemon next(bed_.router(), Configuration(), daemon_->instance());
  EXPECT_THAT(Interfaces(), HasSubstr("ALLMULTI"));
  EXPECT_EQ(next.Stop(), 0) << next.Stderr();
  EXPECT_EQ(Interfaces(), interfaces);
  EXPECT_EQ(Filters(), filters);
  EXPECT_FALSE(std::filesystem::exists(next.Pins()));
}

TEST_P(CleanStop, X_03_WhatOthersSetStaysSet) {
  bed_.router().Ip("link set lan1 allmulticast on");
  MustRun({"tc", "qdisc", "add", "dev", "lan2", "clsact"}, &bed_.router());
  MustRun({"tc", "filter", "add", "dev", "lan2", "ingress", "pref", "77", "bpf", "bytecode", "1,6 0 0 0",
           "flowid", "1:1"},
          &bed_.router());
  const std::string interfaces = Interfaces();
  const std::string filters = Filters();
  ASSERT_THAT(filters, HasSubstr("pref 77"));
  StartDaemon();
  Work();
  EXPECT_THAT(Filters(), HasSubstr("pref 77"));
  EXPECT_EQ(daemon_->Stop(), 0);
  EXPECT_EQ(Interfaces(), interfaces);
  EXPECT_EQ(Filters(), filters);
}

TEST_P(CleanStop, X_03_AfterTheStopNothingIsForwarded) {
  StartDaemon();
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(receiver.WaitForFirst(SourceNo(1)));
  EXPECT_EQ(daemon_->Stop(), 0);
  std::this_thread::sleep_for(100ms);
  const std::uint64_t total = receiver.Total();
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(receiver.Total(), total);
}

}  // namespace
}  // namespace bpfcast::test
