// bpfcast: asks a running bpfcastd.
#include <nlohmann/json.hpp>

#include "cli/client.h"
#include "cli/command_line.h"

int main(int argc, char** argv) {
  return bpfcast::RunCommandLine(argc, argv, bpfcast::Call, bpfcast::CallForText, bpfcast::RunningInstances);
}
