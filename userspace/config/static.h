// Static memberships of an interface, E-07: "239.1.1.1" for all sources, "10.0.0.1@232.1.1.1" for one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/keys.h"
#include "config/notes.h"

namespace bpfcast {

/// Gives `config` the membership that `text` names: a subscription on a downstream; on the upstream what is
/// asked for there and forwarded to nobody. Returns what there is to be warned about, one of it being that it
/// was there already. Error and warnings are the rest of a sentence that begins with `text`.
Result<std::vector<std::string>> AddStaticMembership(std::string_view text, InterfaceConfig& config);
/// Takes it away again. Returns whether it was there.
bool RemoveStaticMembership(std::string_view text, InterfaceConfig& config);

/// Gives the families of `draft.config` what `draft.static_groups` says. The ranges and boundaries of the
/// draft are final.
void SetStaticMemberships(InterfaceDraft& draft, ConfigNotes& notes);

}  // namespace bpfcast
