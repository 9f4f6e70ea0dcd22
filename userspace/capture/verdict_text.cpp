#include "capture/verdict_text.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include "datapath/counter_names.h"

namespace bpfcast {
namespace {

#define BPFCAST_MEANING(name, text, meaning) meaning,
constexpr std::array<std::string_view, BPFCAST_COUNTER_COUNT> kMeanings = {
    BPFCAST_VERDICTS(BPFCAST_MEANING) BPFCAST_COPY_DROPS(BPFCAST_MEANING)};
#undef BPFCAST_MEANING

/// "drop: no outgoing interface (F-13)" without what goes before and behind.
std::string_view Reason(std::string_view meaning) {
  if (const auto colon = meaning.find(": "); colon != std::string_view::npos) {
    meaning.remove_prefix(colon + 2);
  }
  return meaning.substr(0, meaning.find(" (F-"));
}

std::string CopiesDropped(const Judgement& judgement) {
  const auto& dropped = judgement.copies_dropped;
  const int copies = std::accumulate(dropped.begin(), dropped.end(), 0);
  if (copies == 0) return "";
  std::string text = "; " + std::to_string(copies) + (copies == 1 ? " copy" : " copies") + " dropped:";
  for (std::size_t i = 0; i < dropped.size(); ++i) {
    if (dropped[i] == 0) continue;
    text += " " + std::string(kCounterNames[BPFCAST_VERDICT_COUNT + i]);
    if (copies > 1) text += " " + std::to_string(dropped[i]);
  }
  return text;
}

/// By what the program told the kernel alone: it does not say why, or is not of our version.
std::string ActionText(const Judgement& judgement) {
  constexpr int kXdpDrop = 1;
  constexpr int kXdpRedirect = 4;
  constexpr int kTcUnspec = -1;
  const char* by = judgement.by == JudgedBy::kXdp ? "xdp" : "tc";
  if (judgement.by == JudgedBy::kXdp && judgement.action == kXdpRedirect) return "forwarded by xdp";
  if (judgement.by == JudgedBy::kXdp && judgement.action == kXdpDrop) return "dropped";
  if (judgement.by == JudgedBy::kTc && judgement.action == kTcUnspec) return "passed on, not counted";
  return std::string("taken by ") + by;
}

const char* FateOf(std::uint32_t counter) {
  if (IsOfCopies(counter)) return "copy dropped: ";
  return counter < BPFCAST_FIRST_DROP ? "passed on: " : "dropped: ";
}

}  // namespace

std::string MeaningOf(std::string_view counter) {
  const auto found = std::find(kCounterNames.begin(), kCounterNames.end(), counter);
  if (found == kCounterNames.end()) return std::string(counter);
  const auto index = static_cast<std::uint32_t>(found - kCounterNames.begin());
  if (index == BPFCAST_FORWARDED) return std::string(kMeanings[index]);
  return FateOf(index) + std::string(Reason(kMeanings[index]));
}

std::string VerdictText(const Judgement& judgement) {
  if (judgement.verdict >= BPFCAST_VERDICT_COUNT) return ActionText(judgement);
  if (judgement.verdict == BPFCAST_FORWARDED) {
    return std::string("forwarded by ") + (judgement.by == JudgedBy::kXdp ? "xdp" : "tc") +
           CopiesDropped(judgement);
  }
  return FateOf(judgement.verdict) + std::string(kCounterNames[judgement.verdict]) + " (" +
         std::string(Reason(kMeanings[judgement.verdict])) + ")" + CopiesDropped(judgement);
}

}  // namespace bpfcast
