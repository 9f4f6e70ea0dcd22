// The timing of an interface: one setting for both families, each of which has limits and steps of its own.
#pragma once

#include "config/keys.h"
#include "config/notes.h"

namespace bpfcast {

/// Gives the families of `draft.config` their timing by `draft.timing`. Problems and warnings stand at the
/// key that they are about, or `at` the interface's name, and name the family when the other one is served
/// without them.
void SetTiming(InterfaceDraft& draft, TextPosition at, ConfigNotes& notes);

}  // namespace bpfcast
