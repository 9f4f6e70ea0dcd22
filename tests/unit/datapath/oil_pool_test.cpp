#include "datapath/oil_pool.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "bpfcast/abi.h"

namespace bpfcast {
namespace {

constexpr PortId kA{1};
constexpr PortId kB{2};
constexpr PortId kC{3};
constexpr PortId kD{4};

// Remembers what the kernel would hold, and complains of what the kernel would not forgive.
class FakeWriter : public OilWriter {
 public:
  Result<void> CreateDeviceMaps(std::uint32_t first, std::uint32_t stride, std::uint32_t count,
                                std::uint32_t ports) override {
    if (fail_create) return Fail("no more device maps");
    for (std::uint32_t i = 0; i < count; ++i) {
      EXPECT_FALSE(capacity.contains(first + i * stride));
      capacity[first + i * stride] = ports;
    }
    ++batches;
    return {};
  }
  void WritePorts(std::uint32_t slot, const std::vector<PortId>& ports) override { listed[slot] = ports; }
  Result<void> FillDeviceMap(std::uint32_t slot, const std::vector<PortId>& ports) override {
    if (fail_fill) return Fail("no such device");
    EXPECT_TRUE(capacity.contains(slot));
    EXPECT_LE(ports.size(), capacity[slot]);
    EXPECT_TRUE(maps[slot].empty()) << "a device map was not emptied before it was used again";
    maps[slot] = {ports.begin(), ports.end()};
    return {};
  }
  void EmptyDeviceMap(std::uint32_t slot, const std::vector<PortId>& ports) override {
    for (const PortId id : ports) maps[slot].erase(id);
  }

  bool fail_create = false;
  bool fail_fill = false;
  int batches = 0;
  std::map<std::uint32_t, std::uint32_t> capacity;
  std::map<std::uint32_t, std::vector<PortId>> listed;
  std::map<std::uint32_t, std::set<PortId>> maps;
};

class OilPoolTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const PortId id : {kA, kB, kC, kD}) Add(id, 1500, true);
  }
  void Add(PortId id, std::uint32_t mtu, bool xdp) {
    ASSERT_TRUE(pool_.SetPort(id, OilPort{static_cast<std::uint32_t>(id) + 100, mtu, xdp}));
  }
  void Tick(int ms) { ASSERT_TRUE(pool_.Tick(Time{} + std::chrono::milliseconds(ms))); }

  FakeWriter writer_;
  OilPool pool_{writer_, 4096};
};

TEST_F(OilPoolTest, OnePortNeedsNoSlot) {
  const auto oil = pool_.Acquire({kB});
  ASSERT_TRUE(oil);
  EXPECT_EQ((*oil)->word, bpfcast_oil_word(2, 1500, 1, BPFCAST_OIL_SINGLE | BPFCAST_OIL_XDP));
  EXPECT_TRUE(writer_.listed.empty());
}

TEST_F(OilPoolTest, TheEmptySetIsTheWordZero) {
  EXPECT_EQ((*pool_.Acquire({}))->word, 0U);
}

TEST_F(OilPoolTest, EqualSetsAreOneList) {
  const auto first = pool_.Acquire({kA, kB});
  const auto second = pool_.Acquire({kB, kA});
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(pool_.size(), 1U);
  EXPECT_NE(*first, *pool_.Acquire({kA, kC}));
}

TEST_F(OilPoolTest, TheWordSaysSlotSmallestMtuPortsAndFlags) {
  Add(kB, 1400, true);
  const std::uint64_t word = (*pool_.Acquire({kA, kB, kC}))->word;
  EXPECT_EQ(bpfcast_oil_mtu(word), 1400);
  EXPECT_EQ(bpfcast_oil_ports(word), 3);
  EXPECT_EQ(bpfcast_oil_flags(word), BPFCAST_OIL_XDP);
  EXPECT_EQ(writer_.listed[bpfcast_oil_slot(word)], (std::vector<PortId>{kA, kB, kC}));
  EXPECT_EQ(writer_.maps[bpfcast_oil_slot(word)], (std::set<PortId>{kA, kB, kC}));
}

TEST_F(OilPoolTest, OnePortWithoutXdpMakesItAListForTcAlone) {
  Add(kC, 1500, false);
  const std::uint64_t word = (*pool_.Acquire({kA, kC}))->word;
  EXPECT_EQ(bpfcast_oil_flags(word), 0);
  EXPECT_TRUE(writer_.maps[bpfcast_oil_slot(word)].empty());
  EXPECT_EQ(bpfcast_oil_flags((*pool_.Acquire({kA, kB}))->word), BPFCAST_OIL_XDP);
}

TEST_F(OilPoolTest, PortsThatAreNotThereAreLeftOutUntilTheyCome) {
  const PortId later{9};
  const Oil* oil = *pool_.Acquire({kA, later});
  EXPECT_EQ(oil->word, bpfcast_oil_word(1, 1500, 1, BPFCAST_OIL_SINGLE | BPFCAST_OIL_XDP));
  Add(later, 1500, true);
  EXPECT_EQ(bpfcast_oil_ports(oil->word), 2);
  ASSERT_TRUE(pool_.SetPort(later, std::nullopt));
  EXPECT_EQ(bpfcast_oil_ports(oil->word), 1);
}

// A packet may be reading the old slot.
TEST_F(OilPoolTest, AChangedPortMovesTheListToAnotherSlotAndLeavesTheOldOneAsItWas) {
  const Oil* oil = *pool_.Acquire({kA, kB});
  const std::uint16_t before = bpfcast_oil_slot(oil->word);
  ASSERT_TRUE(pool_.SetPort(kB, OilPort{555, 1500, true}));
  EXPECT_NE(bpfcast_oil_slot(oil->word), before);
  EXPECT_EQ(writer_.maps[before], (std::set<PortId>{kA, kB}));
  EXPECT_EQ(writer_.listed[before], (std::vector<PortId>{kA, kB}));
  Tick(0);
  Tick(1000);
  EXPECT_TRUE(writer_.maps[before].empty());
}

TEST_F(OilPoolTest, AReleasedListRestsASecondBeforeItsSlotIsUsedAgain) {
  const Oil* oil = *pool_.Acquire({kA, kB});
  const std::uint16_t slot = bpfcast_oil_slot(oil->word);
  pool_.Release(oil);
  EXPECT_EQ(pool_.size(), 0U);
  Tick(0);
  Tick(999);
  EXPECT_FALSE(writer_.maps[slot].empty());
  Tick(1000);  // the list is forgotten, and its slot rests in turn
  Tick(2000);
  EXPECT_TRUE(writer_.maps[slot].empty());
}

TEST_F(OilPoolTest, AReleasedListThatIsWantedAgainIsTheSame) {
  const Oil* oil = *pool_.Acquire({kA, kB});
  const std::uint64_t word = oil->word;
  pool_.Release(oil);
  Tick(0);
  const Oil* again = *pool_.Acquire({kA, kB});
  EXPECT_EQ(again->word, word);
  Tick(1000);
  Tick(2000);
  Tick(3000);
  EXPECT_EQ(writer_.maps[bpfcast_oil_slot(word)], (std::set<PortId>{kA, kB}));  // it is in use
  pool_.Release(again);
  Tick(3500);
  Tick(4000);
  EXPECT_FALSE(writer_.maps[bpfcast_oil_slot(word)].empty());
}

TEST_F(OilPoolTest, AReleasedListThatAPortChangedMeanwhileIsBuiltAnew) {
  const Oil* oil = *pool_.Acquire({kA, kB});
  pool_.Release(oil);
  Add(kB, 1280, true);
  EXPECT_EQ(bpfcast_oil_mtu((*pool_.Acquire({kA, kB}))->word), 1280);
}

TEST_F(OilPoolTest, DeviceMapsAreMadeAheadOfNeed) {
  Tick(0);
  const int batches = writer_.batches;
  EXPECT_GE(batches, 1);
  ASSERT_TRUE(pool_.Acquire({kA, kB}));
  EXPECT_EQ(writer_.batches, batches);
}

TEST_F(OilPoolTest, LargeSetsGetLargeMapsAndSeveralSlots) {
  PortSet set;
  for (std::uint16_t i = 0; i < 300; ++i) {
    Add(PortId{i}, 1500, true);
    set.Add(PortId{i});
  }
  const std::uint64_t large = (*pool_.Acquire(set))->word;
  EXPECT_GE(writer_.capacity[bpfcast_oil_slot(large)], 300U);
  const std::uint64_t small = (*pool_.Acquire({kA, kB}))->word;
  const int distance = bpfcast_oil_slot(small) - bpfcast_oil_slot(large);
  EXPECT_TRUE(distance < 0 || distance >= 10) << "300 ports take ten slots of 32";
}

TEST_F(OilPoolTest, WhenTheSlotsAreUsedUpTheErrorSaysSoAndTheOthersStay) {
  OilPool pool(writer_, 2);
  for (const PortId id : {kA, kB, kC}) ASSERT_TRUE(pool.SetPort(id, OilPort{1, 1500, false}));
  const auto ab = pool.Acquire({kA, kB});
  const auto ac = pool.Acquire({kA, kC});
  ASSERT_TRUE(ab);
  ASSERT_TRUE(ac);
  const auto bc = pool.Acquire({kB, kC});
  ASSERT_FALSE(bc);
  EXPECT_NE(bc.error().message.find("outgoing interface lists"), std::string::npos);
  EXPECT_EQ(pool.size(), 2U);
  EXPECT_TRUE(pool.Acquire({kC}));  // needs no slot
}

TEST_F(OilPoolTest, AFailedDeviceMapChangesNothing) {
  writer_.fail_fill = true;
  EXPECT_FALSE(pool_.Acquire({kA, kB}));
  writer_.fail_fill = false;
  Tick(0);
  Tick(1000);
  EXPECT_TRUE(pool_.Acquire({kA, kB}));
  EXPECT_EQ(pool_.size(), 1U);
}

TEST_F(OilPoolTest, AListThatCannotBeBuiltAnewStaysUntilItCan) {
  const Oil* oil = *pool_.Acquire({kA, kB});
  const std::uint64_t before = oil->word;
  writer_.fail_fill = true;
  EXPECT_FALSE(pool_.SetPort(kB, OilPort{777, 1400, true}));
  EXPECT_EQ(oil->word, before);
  EXPECT_EQ(pool_.Rebuild(), OilPool::Words::kSame);
  EXPECT_EQ(oil->word, before);
  writer_.fail_fill = false;
  Tick(0);
  EXPECT_EQ(pool_.Rebuild(), OilPool::Words::kChanged);
  EXPECT_EQ(bpfcast_oil_mtu(oil->word), 1400);
  EXPECT_EQ(writer_.maps[bpfcast_oil_slot(oil->word)], (std::set<PortId>{kA, kB}));
  EXPECT_EQ(pool_.Rebuild(), OilPool::Words::kSame);
}

TEST_F(OilPoolTest, APortThatWentIsSentNothingEvenIfItsListCannotBeBuiltAnew) {
  const Oil* oil = *pool_.Acquire({kA, kB, kC});
  writer_.fail_fill = true;
  EXPECT_FALSE(pool_.SetPort(kB, std::nullopt));
  EXPECT_EQ(writer_.maps[bpfcast_oil_slot(oil->word)], (std::set<PortId>{kA, kC}));
}

// Routes that have the list hold its word.
TEST_F(OilPoolTest, OneUserMoreDoesNotMoveAListThatWaits) {
  const Oil* oil = *pool_.Acquire({kA, kB});
  writer_.fail_fill = true;
  EXPECT_FALSE(pool_.SetPort(kB, OilPort{777, 1400, true}));
  writer_.fail_fill = false;
  const std::uint64_t before = oil->word;
  EXPECT_EQ((*pool_.Acquire({kA, kB}))->word, before);
  EXPECT_EQ(pool_.Rebuild(), OilPool::Words::kChanged);
  EXPECT_EQ(bpfcast_oil_mtu(oil->word), 1400);
}

TEST_F(OilPoolTest, HundredsOfPortsThatChangeAtOnceTakeFewSlots) {
  PortSet set;
  for (std::uint16_t i = 0; i < 300; ++i) {
    Add(PortId{i}, 1500, true);
    set.Add(PortId{i});
  }
  const Oil* oil = *pool_.Acquire(set);
  const std::uint32_t before = pool_.slots_taken();
  for (std::uint16_t i = 0; i < 300; ++i) {
    ASSERT_TRUE(pool_.SetPort(PortId{i}, OilPort{i + 1000U, 1400, true}));  // made again
  }
  EXPECT_LE(pool_.slots_taken() - before, 3U * 2 * 32) << "a slot for 300 ports is made of 32";
  Tick(0);
  EXPECT_EQ(pool_.Rebuild(), OilPool::Words::kChanged);
  EXPECT_EQ(bpfcast_oil_mtu(oil->word), 1400);
  EXPECT_EQ(bpfcast_oil_ports(oil->word), 300);
  // After a Tick the first change is followed at once again.
  ASSERT_TRUE(pool_.SetPort(PortId{5}, OilPort{2000, 1300, true}));
  EXPECT_EQ(bpfcast_oil_mtu(oil->word), 1300);
}

// A port that XDP cannot reach any more must not wait for a Tick, however often that happens.
TEST_F(OilPoolTest, WhatXdpCanReachAndMtusStandInTheWordAloneAndTakeNoSlot) {
  const Oil* oil = *pool_.Acquire({kA, kB});
  const std::uint16_t slot = bpfcast_oil_slot(oil->word);
  const std::uint32_t taken = pool_.slots_taken();
  for (int i = 0; i < 100; ++i) {
    Add(kB, 1400, false);
    ASSERT_EQ(oil->word, bpfcast_oil_word(slot, 1400, 2, 0));
    Add(kB, 1500, true);
    ASSERT_EQ(oil->word, bpfcast_oil_word(slot, 1500, 2, BPFCAST_OIL_XDP));
  }
  EXPECT_EQ(writer_.maps[slot], (std::set<PortId>{kA, kB}));
  EXPECT_EQ(pool_.slots_taken(), taken);
}

TEST_F(OilPoolTest, APortThatComesBackToAListThatCouldNotFollowIsSentPacketsAgain) {
  const Oil* oil = *pool_.Acquire({kA, kB, kC});
  writer_.fail_fill = true;
  EXPECT_FALSE(pool_.SetPort(kB, std::nullopt));
  writer_.fail_fill = false;
  Add(kB, 1500, true);
  pool_.Rebuild();
  EXPECT_EQ(writer_.maps[bpfcast_oil_slot(oil->word)], (std::set<PortId>{kA, kB, kC}));
}

TEST_F(OilPoolTest, HundredsOfPortsThatGoAtOnceAreSentNothingFromThenOn) {
  PortSet set;
  for (std::uint16_t i = 0; i < 300; ++i) {
    Add(PortId{i}, 1500, true);
    set.Add(PortId{i});
  }
  const Oil* oil = *pool_.Acquire(set);
  for (std::uint16_t i = 0; i < 299; ++i) {
    ASSERT_TRUE(pool_.SetPort(PortId{i}, std::nullopt));
    // A single port is sent to without a map.
    if (i < 298) {
      EXPECT_FALSE(writer_.maps[bpfcast_oil_slot(oil->word)].contains(PortId{i}));
    }
  }
  EXPECT_EQ(oil->word, bpfcast_oil_word(299, 1500, 1, BPFCAST_OIL_SINGLE | BPFCAST_OIL_XDP));
}

// Random life: whatever a user holds is right, and no slot serves two lists or changes while it may be read.
TEST_F(OilPoolTest, RandomUseKeepsEveryListRight) {
  const std::uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::vector<std::pair<const Oil*, PortSet>> held;
  std::map<PortId, OilPort> ports;
  for (std::uint16_t i = 0; i < 40; ++i) {
    ports[PortId{i}] = OilPort{i + 100U, 1500, true};
    ASSERT_TRUE(pool_.SetPort(PortId{i}, ports[PortId{i}]));
  }
  for (int step = 0; step < 4000; ++step) {
    const unsigned what = random() % 10;
    if (what < 5) {
      PortSet set;
      const unsigned size = random() % (random() % 20 == 0 ? 40 : 5);
      for (unsigned i = 0; i < size; ++i) set.Add(PortId{static_cast<std::uint16_t>(random() % 40)});
      const auto oil = pool_.Acquire(set);
      ASSERT_TRUE(oil) << oil.error().message;
      held.emplace_back(*oil, set);
    } else if (what < 8 && !held.empty()) {
      const std::size_t i = random() % held.size();
      pool_.Release(held[i].first);
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
    } else if (what == 8) {
      const PortId id{static_cast<std::uint16_t>(random() % 40)};
      if (random() % 2 == 0) {
        ports.erase(id);
        ASSERT_TRUE(pool_.SetPort(id, std::nullopt));
      } else {
        ports[id] = OilPort{static_cast<std::uint32_t>(random() % 1000), 1500, random() % 8 != 0};
        ASSERT_TRUE(pool_.SetPort(id, ports[id]));
      }
    } else {
      Tick(step * 100);
    }
    if (step % 50 != 0) continue;
    pool_.Rebuild();
    std::map<std::uint16_t, const Oil*> slots;
    for (const auto& [oil, set] : held) {
      std::vector<PortId> live;
      bool xdp = true;
      set.ForEach([&](PortId id) {
        if (!ports.contains(id)) return;
        live.push_back(id);
        xdp = xdp && ports[id].xdp_target;
      });
      ASSERT_EQ(bpfcast_oil_ports(oil->word), live.size());
      if (live.size() < 2) continue;
      ASSERT_EQ(writer_.listed[bpfcast_oil_slot(oil->word)], live);
      ASSERT_EQ((bpfcast_oil_flags(oil->word) & BPFCAST_OIL_XDP) != 0, xdp);
      if (xdp) {
        ASSERT_EQ(writer_.maps[bpfcast_oil_slot(oil->word)], (std::set<PortId>{live.begin(), live.end()}));
      }
      const auto [owner, is_new] = slots.try_emplace(bpfcast_oil_slot(oil->word), oil);
      ASSERT_TRUE(is_new || owner->second == oil);
    }
  }
}

}  // namespace
}  // namespace bpfcast
