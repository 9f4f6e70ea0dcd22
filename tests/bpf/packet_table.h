// One table of packets for each family: what becomes of each, and which counter it moves.
#pragma once

#include <string>
#include <vector>

#include "bpf/lab.h"
#include "bpf/program_run.h"

namespace bpfcast::bpftest {

struct Row {
  std::string name;
  Bytes frame;
  Fate fate = Fate::kForward;
  std::string counter;  // empty: not counted at all
  PortId arrival = kU;
};

/// The group of the matrix is wanted by D1 alone.
template <class F>
std::vector<Row> PacketTable();

/// Routes that no membership would give: to groups that must not be forwarded, and to the others of the
/// table.
template <class F>
void AddRoutesOfTable(Lab& lab);

}  // namespace bpfcast::bpftest
