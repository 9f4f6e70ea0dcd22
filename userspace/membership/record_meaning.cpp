#include "membership/record_meaning.h"

namespace bpfcast {

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

RecordMeaning MeaningWithoutExcludeLists(RecordType type, FilterMode mode) {
  switch (type) {
    case RecordType::kIsEx:
    case RecordType::kToEx:
      return RecordMeaning::kWithoutSources;
    case RecordType::kBlock:
      return mode == FilterMode::kExclude ? RecordMeaning::kIgnored : RecordMeaning::kAsWritten;
    case RecordType::kIsIn:
    case RecordType::kToIn:
    case RecordType::kAllow:
      break;
  }
  return RecordMeaning::kAsWritten;
}

bool IsSourceSpecific(RecordType type, Version version) {
  if (version != Version::kV3) return false;
  switch (type) {
    case RecordType::kIsEx:
    case RecordType::kToEx:
      return false;
    case RecordType::kIsIn:
    case RecordType::kToIn:
    case RecordType::kAllow:
    case RecordType::kBlock:
      return true;
  }
  return false;
}

bool AsksForSources(RecordType type) {
  switch (type) {
    case RecordType::kIsIn:
    case RecordType::kToIn:
    case RecordType::kAllow:
      return true;
    case RecordType::kIsEx:
    case RecordType::kToEx:
    case RecordType::kBlock:
      break;
  }
  return false;
}

}  // namespace bpfcast
