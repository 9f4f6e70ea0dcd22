#include "wire/drop_reason.h"

namespace bpfcast {

std::string_view ToString(DropReason reason) {
  switch (reason) {
    case DropReason::kIpHeader:
      return "IPHDR";
    case DropReason::kFragment:
      return "FRAG";
    case DropReason::kChecksum:
      return "CSUM";
    case DropReason::kTtl:
      return "TTL";
    case DropReason::kRouterAlert:
      return "RA";
    case DropReason::kSource:
      return "SRC";
    case DropReason::kDestination:
      return "DST";
    case DropReason::kOwn:
      return "OWN";
    case DropReason::kQueryLength:
      return "QLEN";
    case DropReason::kShort:
      return "SHORT";
    case DropReason::kTruncated:
      return "TRUNC";
    case DropReason::kType:
      return "TYPE";
    case DropReason::kQueryGroup:
      return "QGROUP";
    case DropReason::kGroup:
      return "GROUP";
    case DropReason::kScope:
      return "SCOPE";
    case DropReason::kRecordType:
      return "RECTYPE";
    case DropReason::kRecordSource:
      return "RECSRC";
    case DropReason::kSsm:
      return "SSM";
    case DropReason::kLimit:
      return "LIMIT";
    case DropReason::kPolicy:
      return "POLICY";
    case DropReason::kCount:
      break;
  }
  return "";
}

}  // namespace bpfcast
