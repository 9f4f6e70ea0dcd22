#include "cli/verbs.h"

namespace bpfcast {

std::vector<Verb> Verbs() {
  return {
      // clang-format off
      StatusVerb(),
      PortsVerb(),
      GroupsVerb(),
      HostsVerb(),
      FlowsVerb(),
      EventsVerb(),
      TopVerb(),
      ExplainVerb(),
      DoctorVerb(),
      DebugVerb(),
      AclTestVerb(),
      JoinVerb(),
      LeaveVerb(),
      ReloadVerb(),
      CheckVerb(),
      MigrateVerb(),
      ConfigVerb(),
      KeysVerb(),
      SendVerb(),
      RecvVerb(),
      CaptureVerb(),
      // clang-format on
  };
}

}  // namespace bpfcast
