#include "cli/verbs.h"

namespace bpfcast {

std::vector<Verb> Verbs() {
  return {
      StatusVerb(), PortsVerb(),   GroupsVerb(), HostsVerb(),  FlowsVerb(), EventsVerb(),
      TopVerb(),    ExplainVerb(), DoctorVerb(), ReloadVerb(), SendVerb(),  RecvVerb(),
      CheckVerb(),  MigrateVerb(), ConfigVerb(), KeysVerb(),
  };
}

}  // namespace bpfcast
