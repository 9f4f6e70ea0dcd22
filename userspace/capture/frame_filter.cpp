#include "capture/frame_filter.h"

#include <algorithm>

namespace bpfcast {
namespace {

bool AllOrOneOf(const std::vector<Ipv6Address>& wanted, const Ipv6Address& address) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), address) != wanted.end();
}

}  // namespace

bool FrameFilter::Takes(const FrameFacts& facts) const {
  return AllOrOneOf(groups, facts.group) && AllOrOneOf(sources, facts.source);
}

}  // namespace bpfcast
