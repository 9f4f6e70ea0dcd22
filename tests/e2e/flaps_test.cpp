// Interfaces flap, lose their addresses, change their names and leave their namespace a thousand times under
// a stream, while the configuration changes; nothing is left of it.
#include <csignal>
#include <filesystem>
#include <iostream>
#include <random>

#include "fixture.h"
#include "support/bpf_objects.h"

namespace bpfcast::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int kFlaps = 1000;

/// Both hooks in one instance.
std::string Configuration(const std::string& downstreams, const std::string& hook_of_lan2 = "tc") {
  return "upstream = \"wan0\"\ndownstream = [" + downstreams + "]\n" +
         "[interface.wan0]\nhook = \"xdp\"\n[interface.lan1]\nhook = \"xdp\"\n" +
         "[interface.lan2]\nhook = \"" + hook_of_lan2 + "\"\n";
}
const std::string kAllDownstreams = R"("lan1", "lan2", "lan3")";

class Flaps : public ::testing::Test {
 protected:
  Flaps() {
    RemoveLeftovers();
    bed_.emplace(NamePrefix("e2e") + "-flaps");
    daemon_.emplace(bed_->router(), Configuration(kAllDownstreams), NamePrefix("e2e"));
    daemon_->WaitUntilUp(4);
  }
  ~Flaps() override {
    if (!HasFailure()) return;
    const std::string log = daemon_->Stderr();
    std::cerr << "---- the end of bpfcastd's log ----\n"
              << (log.size() > 20'000 ? log.substr(log.size() - 20'000) : log) << "\n----\n";
  }

  static std::string AddressOf(const std::string& port) {
    if (port == "wan0") return "198.51.100.2/24";
    if (port == "lan1") return "192.0.2.1/24";
    if (port == "lan2") return "203.0.113.1/24";
    return "10.30.0.1/24";
  }

  /// One random event, and sometimes a moment for the daemon to see the middle of it.
  void Flap(std::mt19937& random) {
    const std::string port = std::array{"wan0", "lan1", "lan2", "lan3"}.at(random() % 4);
    if (random() % 16 == 0) {  // it takes longer than the others
      bed_->router().Ip("link set " + port + " netns " + bed_->up().ns.name());
      bed_->up().ns.Ip("link set " + port + " netns " + bed_->router().name());
      bed_->router().IpBatch("addr add " + AddressOf(port) + " dev " + port + "\nlink set " + port + " up\n");
      return;
    }
    std::vector<std::string> steps;
    switch (random() % 3) {
      case 0:
        steps = {"link set " + port + " down\n", "link set " + port + " up\n"};
        break;
      case 1:
        steps = {"addr flush dev " + port + "\n", "addr add " + AddressOf(port) + " dev " + port + "\n"};
        break;
      default:
        steps = {"link set " + port + " down\nlink set " + port + " name away0\nlink set away0 up\n",
                 "link set away0 down\nlink set away0 name " + port + "\nlink set " + port + " up\n"};
        break;
    }
    if (random() % 2 == 0) {
      bed_->router().IpBatch(steps[0] + steps[1]);
      return;
    }
    bed_->router().IpBatch(steps[0]);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 4000));
    bed_->router().IpBatch(steps[1]);
  }

  /// Pinned program attachments, by name.
  std::set<std::string> PinnedLinks() const {
    std::set<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(daemon_->Pins(), error)) {
      const std::string name = entry.path().filename();
      if (name.find("xdp_") != std::string::npos || name.find("tc_") != std::string::npos) names.insert(name);
    }
    return names;
  }

  std::optional<Bed> bed_;
  std::optional<Daemon> daemon_;
};

TEST_F(Flaps, TX_11_AThousandRandomFlapsUnderAStreamLeaveNothing) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  Sender sender(bed_->up(), {.group = kG, .source = Source(1), .rate = 2000});
  std::vector<std::unique_ptr<Receiver>> receivers;
  for (const Host& host : {bed_->h1(), bed_->h3(), bed_->h4()}) {
    receivers.push_back(std::make_unique<Receiver>(host, kG));
    receivers.back()->Join();
  }
  const auto all_flow = [&] {
    daemon_->WaitUntilUp(4, 20s);
    for (const auto& receiver : receivers) {
      // A query or report that the last flap took is made up for by the next Startup Query, after 31.25 s.
      EXPECT_TRUE(receiver->WaitForTotal(receiver->Total() + 200, 45s)) << daemon_->Call("ports").dump(1);
    }
  };
  all_flow();
  for (int i = 0; i < 40; ++i) Flap(random);  // whatever is allocated once is there now
  all_flow();
  const std::size_t descriptors = OpenDescriptors(daemon_->pid());
  const std::size_t memory = ResidentKilobytes(daemon_->pid());
  const std::size_t pinned = PinnedLinks().size();

  const Instant start = Clock::now();
  for (int i = 0; i < kFlaps; ++i) {
    Flap(random);
    if (i % 10 == 0) {  // memberships come and go, too
      MulticastSocket member(i % 20 == 0 ? bed_->h2() : bed_->h4());
      member.Join(Group(static_cast<std::uint8_t>(1 + i % 200)));
    }
    if (i % 20 == 0) {  // and so do a downstream and a hook
      daemon_->config().Write(
          Configuration(i % 40 == 0 ? R"("lan1", "lan2")" : kAllDownstreams, i % 60 == 0 ? "xdp" : "tc"));
      daemon_->Signal(SIGHUP);
    }
    ASSERT_TRUE(daemon_->Running()) << "after flap " << i;
  }
  std::cout << kFlaps << " flaps in " << Seconds(Clock::now() - start) << " s\n";
  all_flow();
  std::cout << "descriptors " << descriptors << " -> " << OpenDescriptors(daemon_->pid()) << ", memory "
            << memory << " -> " << ResidentKilobytes(daemon_->pid()) << " kB, attachments " << pinned
            << " -> " << PinnedLinks().size() << "\n";
  EXPECT_EQ(PinnedLinks().size(), pinned);
  EXPECT_LE(OpenDescriptors(daemon_->pid()), descriptors + 4) << "more than a turn of the pool of lists";
  // The sanitizer keeps freed memory in quarantine; its own report at the end says what leaked.
  if (std::getenv("BPFCASTD") == nullptr) {
    EXPECT_LE(ResidentKilobytes(daemon_->pid()), memory + 2048);
  }

  sender.Stop();
  receivers.clear();
  bed_->router().IpBatch("link del wan0\nlink del lan1\nlink del lan2\nlink del lan3\n");
  EXPECT_TRUE(Eventually([&] { return daemon_->Call("groups").empty(); })) << daemon_->Call("groups").dump(1);
  EXPECT_TRUE(Eventually([&] {
    for (const auto& port : daemon_->Call("ports")) {
      if (port["reason"] != "no such device" || !port["hook"].is_null()) return false;
    }
    return true;
  })) << daemon_->Call("ports").dump(1);
  EXPECT_EQ(daemon_->Call("status")["groups"], 0);
  EXPECT_EQ(daemon_->Call("status")["routes"], 0);
  EXPECT_THAT(PinnedLinks(), IsEmpty());
  EXPECT_LE(HeldBy(daemon_->pid(), "link"), 1U) << "beside that of the program that counts refused frames";

  daemon_->Signal(SIGTERM);
  EXPECT_EQ(daemon_->Wait(30s), 0);
  EXPECT_FALSE(std::filesystem::exists(daemon_->Pins()));
  for (const char* report : {"Sanitizer", "runtime error"}) {
    EXPECT_THAT(daemon_->Stderr(), Not(HasSubstr(report)));
  }
}

}  // namespace
}  // namespace bpfcast::test
