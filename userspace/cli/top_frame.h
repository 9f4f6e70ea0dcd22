// What `bpfcast top` shows: rates of streams over time, and the lines of a frame. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/verb.h"

namespace bpfcast {

enum class TopSort : std::uint8_t { kPackets, kBits, kDrops };

struct TopStream {
  std::string group;
  std::string source;
  std::string from;
  std::string to;
  double packets_per_s = 0;
  double bits_per_s = 0;
  double drops_per_s = 0;
  std::uint64_t dropped = 0;
  std::deque<double> history;  // bits/s of each answer, the latest last
};

class Top {
 public:
  static constexpr std::size_t kHistory = 20;

  /// What the agent answers to `status` and `flows` at a time, in seconds since any.
  void Add(const nlohmann::ordered_json& status, const nlohmann::ordered_json& flows, double at);
  /// At most `height` lines of at most `width` columns.
  std::vector<std::string> Frame(TopSort sort, std::size_t width, std::size_t height,
                                 Invocation::Colour colour) const;
  nlohmann::ordered_json ToJson(TopSort sort) const;

 private:
  std::vector<const TopStream*> Sorted(TopSort sort) const;

  std::string title_;
  std::map<std::string, TopStream> streams_;
  std::optional<double> at_;
  std::uint64_t drops_ = 0;
  double packets_per_s_ = 0;
  double bits_per_s_ = 0;
  std::optional<double> drops_per_s_;  // from the second answer on
};

/// A character for each value, as high as it is beside the highest: "▁▄█"; a blank where there is none yet.
std::string Sparkline(const std::deque<double>& values, std::size_t width);

}  // namespace bpfcast
