// The programs against the reference forwarder, on packets that meet every rule.
#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "bpf/matrix.h"
#include "bpf/mixed_bed.h"
#include "datapath/bpf_fd.h"

namespace bpfcast::bpftest {
namespace {

constexpr std::uint32_t kSeed = 20251126;
constexpr int kPackets = 100000;
constexpr int kWithoutLease = 2000;  // the last ones

using Counts = std::array<std::uint64_t, BPFCAST_COUNTER_COUNT>;

// All counters in one system call, so that they can be read after each packet.
class Counters {
 public:
  explicit Counters(const Lab& lab)
      : map_(::bpf_obj_get((lab.bpffs() + "/bpfcast/test/verdicts").c_str())),
        cpus_(static_cast<std::size_t>(libbpf_num_possible_cpus())),
        values_(cpus_ * BPFCAST_COUNTER_COUNT) {}

  Counts Read() {
    std::array<std::uint32_t, BPFCAST_COUNTER_COUNT> keys{};
    std::uint32_t count = BPFCAST_COUNTER_COUNT;
    std::uint32_t position = 0;
    bpf_map_batch_opts options{};
    options.sz = sizeof options;
    const int done =
        ::bpf_map_lookup_batch(map_.get(), nullptr, &position, keys.data(), values_.data(), &count, &options);
    if ((done != 0 && errno != ENOENT) || count != BPFCAST_COUNTER_COUNT)
      throw std::runtime_error("read verdicts");
    Counts sums{};
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums[keys[i]] =
          std::accumulate(values_.begin() + static_cast<std::ptrdiff_t>(i * cpus_),
                          values_.begin() + static_cast<std::ptrdiff_t>((i + 1) * cpus_), std::uint64_t{0});
    }
    return sums;
  }

 private:
  BpfFd map_;
  std::size_t cpus_;
  std::vector<std::uint64_t> values_;
};

std::string Moved(const Counts& before, const Counts& after) {
  std::string text;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (after[i] == before[i]) continue;
    text += (text.empty() ? "" : " ") + NameOf(static_cast<bpfcast_counter>(i));
    if (after[i] - before[i] != 1) text += "*" + std::to_string(after[i] - before[i]);
  }
  return text.empty() ? "not counted" : text;
}

// As Lab::Reasons().
std::string TextOf(const Counts& reasons) {
  std::string text;
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    if (reasons[i] == 0) continue;
    text += (text.empty() ? "" : " ") + NameOf(static_cast<bpfcast_counter>(i)) + " " +
            std::to_string(reasons[i]);
  }
  return text;
}

// What the counters have to say: the verdict and, where the program settles them, the copies that a port
// refused.
std::string Expected(const Judgement& judged, bool copies_too) {
  if (!judged.verdict) return "not counted";
  Counts none{};
  Counts moved{};
  ++moved[*judged.verdict];
  if (copies_too) {
    for (const auto& [id, reason] : judged.refused) ++moved[reason];
  }
  return Moved(none, moved);
}

const char* FateName(Fate fate) {
  switch (fate) {
    case Fate::kForward:
      return "forward";
    case Fate::kPass:
      return "pass";
    case Fate::kDrop:
      return "drop";
  }
  return "";
}

template <class Case>
class Reference : public testing::Test {
 protected:
  using F = typename Case::Family;
  static constexpr Hook kHook = Case::kHook;

  // The octets that the program left in the frame, against the reference. XDP leaves the source address to
  // the egress program; TC's last copy is in the frame.
  static std::string CompareOctets(const Bytes& sent, const PortOutcome& got, const Judgement& judged) {
    const bool xdp = got.settled_by == Hook::kXdp;
    if (judged.fate == Fate::kPass && judged.verdict != BPFCAST_FORWARDED) {
      return got.frame == sent ? "" : "changed what it passed";
    }
    if (judged.fate ==
        Fate::kPass) {  // F-52: the packet as it arrived, whatever became of a trailer or a tag
      const std::size_t tag = sent[12] == 0x08 || sent[12] == 0x86 ? 0 : 4;
      Bytes whole = sent;
      whole.erase(whole.begin() + 12, whole.begin() + 12 + static_cast<std::ptrdiff_t>(tag));
      whole.resize(kEth + judged.length);
      Bytes padded = whole;  // when a copy needed it
      if (padded.size() < 60) padded.resize(60);
      return got.frame == whole || got.frame == padded
                 ? ""
                 : "gave the stack " + Hex(got.frame) + "\n  expected " + Hex(whole);
    }
    if (judged.copies.empty()) return "";
    Bytes expected = xdp ? judged.copies.begin()->second : judged.copies.rbegin()->second;
    if (xdp) std::copy(got.frame.begin() + 6, got.frame.begin() + 12, expected.begin() + 6);
    return got.frame == expected ? "" : "made " + Hex(got.frame) + "\n  expected " + Hex(expected);
  }
};
TYPED_TEST_SUITE(Reference, EveryCase, CaseName);

// What this level cannot produce.
template <class F>
std::map<bpfcast_counter, std::string> CannotHappen() {
  std::map<bpfcast_counter, std::string> list = {{BPFCAST_NOMEM, "the kernel always has memory for a test"},
                                                 {BPFCAST_REFUSED, "without a wire there is no ring"}};
  if (F::Address::kBytes == 4) {
    list[BPFCAST_SCOPE0] = "IPv4 has no scopes in its addresses";
  } else {
    list[BPFCAST_SRCROUTE] = "source routes of IPv6 are routing headers, which are opt";
  }
  return list;
}

TYPED_TEST(Reference,
           TF_01_TF_05_TF_07_TF_13_TF_14_TF_19_TF_23_TF_26_F_56_ProgramAndReferenceAgreeOnEveryPacket) {
  using F = typename TestFixture::F;
  MixedBed bed(this->kHook);
  bed.LosePort();
  Lab& lab = bed.lab();
  Counters counters(lab);
  MixedPackets<F> packets(bed, kSeed);
  Counts hits{};
  std::map<PortId, PortCounters> ports;
  std::map<PortId, Counts> reasons;
  std::map<const Route*, RouteCounters<F>> routes;
  Counts before = counters.Read();
  for (int i = 0; i < kPackets; ++i) {
    if (i == kPackets - kWithoutLease) bed.EndLease();
    const auto [arrival, frame] = packets.Next();
    const std::uint32_t ifindex = lab.port(arrival).ifindex;
    const Judgement judged = bed.reference().Judge(frame, ifindex);
    const PortOutcome got = RunPort(lab, this->kHook, frame, ifindex);
    const Counts after = counters.Read();
    // What XDP forwards a port may still refuse in the egress program, which a run without a wire leaves out.
    const bool copied = got.settled_by == Hook::kTc;
    const std::string where = "seed " + std::to_string(kSeed) + ", packet " + std::to_string(i) +
                              " at port " + std::to_string(static_cast<int>(arrival)) + ": " + Hex(frame);
    ASSERT_EQ(Moved(before, after), Expected(judged, copied)) << where;
    const bool nobody_took_it = judged.fate == Fate::kForward && judged.copies.empty();
    ASSERT_STREQ(FateName(got.fate), FateName(nobody_took_it && copied ? Fate::kDrop : judged.fate)) << where;
    ASSERT_EQ(this->CompareOctets(frame, got, judged), "") << where;
    before = after;
    if (!judged.verdict) continue;
    ++hits[*judged.verdict];
    if (judged.arrival) {
      ++ports[*judged.arrival].received.packets;
      if (*judged.verdict != BPFCAST_FORWARDED) ++reasons[*judged.arrival][*judged.verdict];
    }
    if (judged.route != nullptr) {
      RouteCounters<F>& route = routes[judged.route];
      if (*judged.verdict == BPFCAST_FORWARDED) {
        ++route.forwarded.packets;
        route.forwarded.bytes += judged.length;
      } else if (*judged.verdict != BPFCAST_LOCAL) {
        ++route.dropped;
      }
    }
    if (!copied) continue;
    for (const auto& [id, reason] : judged.refused) {
      ++hits[reason];
      ++reasons[id][reason];
    }
    for (const auto& [id, copy] : judged.copies) {
      ++ports[id].transmitted.packets;
      ports[id].transmitted.bytes += judged.length;
    }
  }

  const auto counted = lab.datapath().Counters();
  ASSERT_TRUE(counted);
  for (const PortCounters& port : counted->ports) {
    SCOPED_TRACE("port " + std::to_string(static_cast<int>(port.id)));
    EXPECT_EQ(port.received.packets, ports[port.id].received.packets);
    EXPECT_EQ(port.transmitted.packets, ports[port.id].transmitted.packets);
    EXPECT_EQ(port.transmitted.bytes, ports[port.id].transmitted.bytes);
    EXPECT_EQ(lab.Reasons(port.id), TextOf(reasons[port.id]));
  }
  const auto by_route = lab.datapath().CountersOfRoutes(F());
  ASSERT_TRUE(by_route);
  for (const RouteCounters<F>& route : *by_route) {
    SCOPED_TRACE(route.key.source.ToString() + " " + route.key.group.ToString());
    const RouteCounters<F>& expected = routes[bed.reference().RouteOf(route.key)];
    EXPECT_EQ(route.forwarded.packets, expected.forwarded.packets);
    EXPECT_EQ(route.forwarded.bytes, expected.forwarded.bytes);
    EXPECT_EQ(route.dropped, expected.dropped);
  }

  const auto cannot = CannotHappen<F>();
  std::printf("seed %u:", kSeed);
  for (std::size_t i = 0; i < hits.size(); ++i) {
    const auto counter = static_cast<bpfcast_counter>(i);
    std::printf(" %s %lu", NameOf(counter).c_str(), static_cast<unsigned long>(hits[i]));
    if (cannot.contains(counter)) {
      EXPECT_EQ(hits[i], 0U) << NameOf(counter) << " happened: " << cannot.at(counter);
    } else {
      EXPECT_GT(hits[i], 0U) << NameOf(counter) << " never happened";
    }
  }
  std::printf("\n");
}

// TF-18: every sum there is, against its full recomputation.
template <class Case>
class EverySum : public OnMatrix<Case> {};
using Ipv4Cases = testing::Types<On<Igmp, Hook::kXdp>, On<Igmp, Hook::kTc>>;
TYPED_TEST_SUITE(EverySum, Ipv4Cases, CaseName);

TYPED_TEST(EverySum, TF_18_IsThatOfFullRecomputation) {
  this->lab_.Route(this->any_, this->group_, {kD1});
  for (std::uint32_t id = 0; id <= 0xffff; ++id) {
    Frame frame;
    frame.id = static_cast<std::uint16_t>(id);
    frame.payload = Bytes(26, 1);
    const PortOutcome got = RunPort(this->lab_, this->kHook, frame.Build(), this->lab_.port(kU).ifindex);
    ASSERT_EQ(got.fate, Fate::kForward) << id;
    ASSERT_EQ(got.frame[kEth + 8], 63) << id;
    ASSERT_EQ(got.frame[kEth + 10] << 8 | got.frame[kEth + 11], HeaderChecksum(&got.frame[kEth], 20)) << id;
  }
}

}  // namespace
}  // namespace bpfcast::bpftest
