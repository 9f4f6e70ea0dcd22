#include "agent/view_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace bpfcast {

std::string Text(const ViewJson& json) {
  return json.dump(-1, ' ', false, ViewJson::error_handler_t::replace);
}

double Seconds(Duration duration) {
  return std::round(std::chrono::duration<double, std::milli>(duration).count()) / 1000;
}

ViewJson SecondsUntil(Time deadline, Time now) {
  if (deadline == kNever) return nullptr;
  return Seconds(std::max(deadline - now, Duration::zero()));
}

const char* Name(FilterMode mode) {
  switch (mode) {
    case FilterMode::kInclude:
      return "include";
    case FilterMode::kExclude:
      return "exclude";
  }
  return "";
}

template <class F>
ViewJson ToJson(const SourceSet<F>& sources) {
  ViewJson json = ViewJson::array();
  for (const typename F::Address& source : sources) json.push_back(source.ToString());
  return json;
}

std::string JoinArrays(std::string first, const std::string& second) {
  constexpr const char* kEmpty = "[]";
  if (first == kEmpty) return second;
  if (second == kEmpty) return first;
  first.back() = ',';
  first.append(second, 1);
  return first;
}

template ViewJson ToJson(const SourceSet<Igmp>&);
template ViewJson ToJson(const SourceSet<Mld>&);

}  // namespace bpfcast
