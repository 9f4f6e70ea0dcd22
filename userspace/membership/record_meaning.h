// RecordMeaning: what a record does to its group beside what is written in it, RFC 9776 section 7.3.2, RFC
// 4604, RFC 5790.
#pragma once

#include <cstdint>

#include "membership/membership_record.h"
#include "wire/family.h"
#include "wire/message.h"

namespace bpfcast {

enum class RecordMeaning : std::uint8_t {
  kAsWritten,
  kWithoutSources,  // TO_EX(B) is taken for TO_EX({}), IS_EX(B) for IS_EX({})
  kIgnored,
};

/// C-66: in the compatibility mode of its group.
RecordMeaning MeaningInMode(RecordType type, Version mode);
/// C-84: for a router that keeps no exclude lists, when the group is in `mode`.
RecordMeaning MeaningWithoutExcludeLists(RecordType type, FilterMode mode);

/// C-70, C-71: may the record be for a source-specific group? Such a group has no exclude mode, and older
/// versions cannot name a source.
bool IsSourceSpecific(RecordType type, Version version);

/// Does it ask for the sources that it lists? The others ask for less with a longer list.
bool AsksForSources(RecordType type);

}  // namespace bpfcast
