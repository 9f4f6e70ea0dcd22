// A second model of one group that knows neither sets nor deadlines: it looks at one source at a time, row by
// row of C-10..C-25 and C-30..C-34, and walks through time tick by tick.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "membership/group_state.h"
#include "router_support.h"

namespace bpfcast {

inline constexpr unsigned kOracleSources = 6;
inline constexpr long kOracleTicksPerSecond = 10;

/// How long an oracle plays, and from where: BPFCAST_ORACLE_STEPS and BPFCAST_ORACLE_SEED, or 10^6 steps
/// (10^5 with assertions and sanitizers, where they take as long) from a seed of the moment. Printed, so that
/// a run can be played again.
struct OracleRun {
  int steps;
  std::uint64_t seed;

  static OracleRun Announce() {
#ifdef NDEBUG
    OracleRun run{1000000, std::random_device()()};
#else
    OracleRun run{100000, std::random_device()()};
#endif
    if (const char* text = std::getenv("BPFCAST_ORACLE_STEPS")) run.steps = std::stoi(text);
    if (const char* text = std::getenv("BPFCAST_ORACLE_SEED")) run.seed = std::stoull(text);
    std::cout << "BPFCAST_ORACLE_SEED=" << run.seed << " BPFCAST_ORACLE_STEPS=" << run.steps << std::endl;
    return run;
  }
};

struct OracleParameters {
  long gmi, ohpi, lmqi, lmqt;  // ticks
  unsigned lmqc;
  bool querier;
};

class GroupOracle {
 public:
  enum class Standing { kUnknown, kForwarded, kBlocked };
  struct SourceModel {
    Standing standing = Standing::kUnknown;
    long ends = 0;
    unsigned asks = 0;
  };

  explicit GroupOracle(const OracleParameters& parameters) : p_(parameters) {}

  void Record(RecordType type, unsigned list, Version version, long now, std::vector<Asked>& out) {
    if (type == RecordType::kIsEx && version == Version::kV1) v1_ends = now + p_.ohpi;
    if (type == RecordType::kIsEx && version == Version::kV2) v2_ends = now + p_.ohpi;
    if (Mode() < 3 && type == RecordType::kBlock) return;
    if (Mode() < 2 && type == RecordType::kToIn) return;
    if (Mode() < 3 && type == RecordType::kToEx) list = 0;

    const long old_group_ends = group_ends;
    const bool was_exclude = exclude;
    bool send = false;
    for (unsigned i = 0; i < kOracleSources; ++i) {
      SourceModel& source = sources[i];
      if (Apply(type, (list >> i & 1) != 0, was_exclude, source, now + p_.gmi, old_group_ends) &&
          p_.querier && source.ends > now + p_.lmqt) {
        source.ends = now + p_.lmqt;
        source.asks = p_.lmqc;
        send = true;
      }
    }
    if (type == RecordType::kIsEx || type == RecordType::kToEx) {
      exclude = true;
      group_ends = now + p_.gmi;
    }
    if (type == RecordType::kToIn && was_exclude && p_.querier) {
      const bool refreshed = group_ends > now + p_.lmqt;
      if (refreshed) group_ends = now + p_.lmqt;
      if (refreshed || group_asks == 0) {
        group_asks = p_.lmqc;
        send = true;
      }
    }
    if (send) Round(now, out);
  }

  /// C-40: Q(G), or Q(G,list), of the querier.
  void Query(unsigned list, long now) {
    const long lowered = now + p_.lmqt;
    if (list == 0 && exclude && group_ends > lowered) group_ends = lowered;
    for (unsigned i = 0; i < kOracleSources; ++i) {
      if ((list >> i & 1) != 0 && sources[i].ends > lowered) sources[i].ends = lowered;
    }
  }

  /// What happens at the tick `now`, after its packets.
  void Tick(long now, std::vector<Asked>& out) {
    if (v1_ends == now) v1_ends = -1;
    if (v2_ends == now) v2_ends = -1;
    for (SourceModel& source : sources) {
      if (source.standing != Standing::kForwarded || source.ends != now) continue;
      source = {};
      if (exclude) source.standing = Standing::kBlocked;
    }
    if (exclude && group_ends == now) {
      exclude = false;
      group_asks = 0;
      for (SourceModel& source : sources) {
        if (source.standing == Standing::kBlocked) source = {};
      }
    }
    if (next_round == now) Round(now, out);
  }

  bool Empty() const {
    for (const SourceModel& source : sources) {
      if (source.standing != Standing::kUnknown) return false;
    }
    return !exclude;
  }
  int Mode() const { return v1_ends >= 0 ? 1 : v2_ends >= 0 ? 2 : 3; }

  std::array<SourceModel, kOracleSources> sources;
  bool exclude = false;
  long group_ends = 0;
  unsigned group_asks = 0;
  long next_round = -1;
  long v1_ends = -1;
  long v2_ends = -1;

 private:
  /// The tables for one source; true when the table sends a query for it.
  static bool Apply(RecordType type, bool listed, bool exclude, SourceModel& source, long gmi,
                    long old_group_ends) {
    const Standing before = source.standing;
    const bool forwarded = before == Standing::kForwarded;
    switch (type) {
      case RecordType::kIsIn:
      case RecordType::kAllow:
      case RecordType::kToIn:
        if (listed) {
          source.standing = Standing::kForwarded;
          source.ends = gmi;
        }
        return type == RecordType::kToIn && forwarded && !listed;
      case RecordType::kIsEx:
      case RecordType::kToEx:
        if (!listed) {
          source = {};
          return false;
        }
        if (before == Standing::kUnknown) {
          source.standing = exclude ? Standing::kForwarded : Standing::kBlocked;
          source.ends = type == RecordType::kIsEx ? gmi : old_group_ends;
        }
        return type == RecordType::kToEx && source.standing == Standing::kForwarded;
      case RecordType::kBlock:
        if (!listed) return false;
        if (exclude && before == Standing::kUnknown) {
          source.standing = Standing::kForwarded;
          source.ends = old_group_ends;
        }
        return source.standing == Standing::kForwarded;
    }
    return false;
  }

  void Round(long now, std::vector<Asked>& out) {
    const double at = static_cast<double>(now) / kOracleTicksPerSecond;
    if (group_asks > 0) out.push_back({at, group_ends > now + p_.lmqt ? 1U : 0U, {}});
    std::vector<unsigned> kept;
    std::vector<unsigned> lapsing;
    bool again = group_asks > 1;
    for (unsigned i = 0; i < kOracleSources; ++i) {
      if (sources[i].asks == 0) continue;
      (sources[i].ends > now + p_.lmqt ? kept : lapsing).push_back(i + 1);
      again |= sources[i].asks > 1;
      --sources[i].asks;
    }
    if (group_asks > 0) --group_asks;
    if (!kept.empty()) out.push_back({at, 1, kept});
    if (!lapsing.empty()) out.push_back({at, 0, lapsing});
    next_round = again ? now + p_.lmqi : -1;
  }

  OracleParameters p_;
};

}  // namespace bpfcast
