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

bool IsIgnored(OlderMessages older_messages, Version version) {
  switch (older_messages) {
    case OlderMessages::kAccept:
      return false;
    case OlderMessages::kIgnoreV1Reports:
      return version == Version::kV1;
    case OlderMessages::kIgnoreAll:
      return version != Version::kV3;
  }
  return false;
}

}  // namespace bpfcast
