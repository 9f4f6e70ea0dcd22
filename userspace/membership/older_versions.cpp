#include "membership/older_versions.h"

#include <algorithm>

namespace bpfcast {

void OlderVersions::OnHeard(Version version, Time until) {
  switch (version) {
    case Version::kV1:
      v1_timer_ = until;
      break;
    case Version::kV2:
      v2_timer_ = until;
      break;
    case Version::kV3:
      break;
  }
}

Version OlderVersions::Oldest() const {
  if (v1_timer_ != kNever) return Version::kV1;
  if (v2_timer_ != kNever) return Version::kV2;
  return Version::kV3;
}

Time OlderVersions::OldestExpires() const {
  return v1_timer_ != kNever ? v1_timer_ : v2_timer_;
}

Time OlderVersions::NextExpiry() const {
  return std::min(v1_timer_, v2_timer_);
}

void OlderVersions::Expire(Time now) {
  if (v1_timer_ <= now) v1_timer_ = kNever;
  if (v2_timer_ <= now) v2_timer_ = kNever;
}

RecordMeaning MeaningInMode(RecordType type, Version mode) {
  switch (type) {
    case RecordType::kIsIn:
    case RecordType::kIsEx:  // I-14: not among those that the RFC ignores
    case RecordType::kAllow:
      return RecordMeaning::kAsWritten;
    case RecordType::kToIn:  // a v1 host that still listens would not answer the query
      return mode == Version::kV1 ? RecordMeaning::kIgnored : RecordMeaning::kAsWritten;
    case RecordType::kToEx:  // an older host wants all sources
      return mode == Version::kV3 ? RecordMeaning::kAsWritten : RecordMeaning::kWithoutSources;
    case RecordType::kBlock:
      return mode == Version::kV3 ? RecordMeaning::kAsWritten : RecordMeaning::kIgnored;
  }
  return RecordMeaning::kIgnored;
}

}  // namespace bpfcast
