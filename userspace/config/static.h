// Static memberships of an interface, E-07: "239.1.1.1" for all sources, "10.0.0.1@232.1.1.1" for one.
#pragma once

#include "config/keys.h"
#include "config/notes.h"

namespace bpfcast {

/// Gives the families of `draft.config` what `draft.static_groups` says: a subscription on a downstream; on
/// the upstream what is asked for there and forwarded to nobody. The ranges and boundaries of the draft are
/// final.
void SetStaticMemberships(InterfaceDraft& draft, ConfigNotes& notes);

}  // namespace bpfcast
