#include "cli/verbs.h"

namespace bpfcast {

std::vector<Verb> Verbs() {
  return {
      StatusVerb(), PortsVerb(), GroupsVerb(), FlowsVerb(), EventsVerb(),  ExplainVerb(), DoctorVerb(),
      ReloadVerb(), SendVerb(),  RecvVerb(),   CheckVerb(), MigrateVerb(), ConfigVerb(),
  };
}

}  // namespace bpfcast
