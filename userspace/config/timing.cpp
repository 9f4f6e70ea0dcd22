#include "config/timing.h"

#include <algorithm>
#include <string>
#include <vector>

namespace bpfcast {
namespace {

struct Remarks {
  std::vector<std::string> problems;
  std::vector<std::string> warnings;
};

template <class F>
Remarks Set(FamilyConfig<F>& family, const TimingConfig& timing) {
  Remarks remarks;
  if (!family.served) return remarks;
  const auto made = MakeTiming<F>(timing, family.version(), remarks.warnings);
  if (made) {
    family.SetTiming(*made);
  } else {
    remarks.problems.push_back(made.error().message);
  }
  return remarks;
}

bool Contains(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

template <class F>
std::string Naming(const std::string& text) {
  return text.find(F::kName) != std::string::npos ? text : text + " for " + std::string(F::kName);
}

/// What both say is said once; what one says and the other does not is said with its name.
std::vector<std::string> Together(const std::vector<std::string>& ipv4,
                                  const std::vector<std::string>& ipv6) {
  std::vector<std::string> texts;
  for (const std::string& text : ipv4) texts.push_back(Contains(ipv6, text) ? text : Naming<Igmp>(text));
  for (const std::string& text : ipv6) {
    if (!Contains(ipv4, text)) texts.push_back(Naming<Mld>(text));
  }
  return texts;
}

/// MakeTiming() names variables as they are written here. The place is that of the first one that was given,
/// which may be the second that is named: the other has its default.
TextPosition PlaceOf(const std::string& text, const InterfaceDraft& draft, TextPosition otherwise) {
  std::size_t first = std::string::npos;
  TextPosition place = otherwise;
  for (const auto& [key, at] : draft.places) {
    const std::size_t found = text.find(key);
    if (found >= first) continue;
    first = found;
    place = at;
  }
  return place;
}

}  // namespace

void SetTiming(InterfaceDraft& draft, TextPosition at, ConfigNotes& notes) {
  FamilyConfig<Igmp>& ipv4 = draft.config.ipv4;
  FamilyConfig<Mld>& ipv6 = draft.config.ipv6;
  const Remarks igmp = Set(ipv4, draft.timing);
  const Remarks mld = Set(ipv6, draft.timing);
  // A family that is served alone needs no name.
  const auto all = [&](std::vector<std::string> Remarks::*kind) {
    return ipv4.served && ipv6.served ? Together(igmp.*kind, mld.*kind)
           : ipv4.served              ? igmp.*kind
                                      : mld.*kind;
  };
  for (const std::string& text : all(&Remarks::problems)) notes.Problem(PlaceOf(text, draft, at), text);
  for (const std::string& text : all(&Remarks::warnings)) notes.Warning(PlaceOf(text, draft, at), text);
}

}  // namespace bpfcast
