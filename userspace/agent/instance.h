// One proxy that runs.
#pragma once

#include <memory>
#include <string>

#include "agent/agent.h"
#include "agent/instances.h"
#include "os/instance_lock.h"

namespace bpfcast {

struct Instances::Instance {
  InstanceLock lock;
  std::string lock_path;
  std::unique_ptr<Agent> agent;  // ends before the lock

  void LogStart() const;
};

}  // namespace bpfcast
