// The result of the measurements of the datapath: medians, ratios, a table, and JSON.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace bpfcast::test {

/// One measurement of one candidate.
struct Sample {
  double copies_per_s = 0;  // as they arrived
  double ns_per_copy = 0;   // run time of what forwards, and of the sink: the kernel does not tell them apart
  double busy = 0;          // part of the time that they ran
  double overload = 0;      // frames that were offered for each one that it took in
  double delivered = 0;     // copies that arrived, of those that the packets taken in ask for
};

/// All rounds of one candidate, in the order in which they were measured.
struct Row {
  std::string candidate;
  int ports = 0;
  int frame = 0;  // octets with the checksum
  std::vector<Sample> rounds;
  std::string impossible;  // why there are none
};

struct MemoryRow {
  std::string candidate;
  int ports = 0;
  std::optional<std::size_t> resident_kb;
  std::optional<std::size_t> maps_kb;
};

/// How many times as many copies a candidate makes in the same time of the CPU.
struct Ratio {
  std::string of;
  std::string to;
  int ports = 0;
  int frame = 0;
  double value = 0;
};

/// What a packet costs with one outgoing port, and what each further port adds to it, on average up to
/// `ports`.
struct Split {
  std::string candidate;
  int frame = 0;
  int ports = 0;
  double first_ns = 0;
  double further_ns = 0;
};

struct Report {
  int traffic_cpu = 0;
  int forwarding_cpu = 0;
  double seconds = 0;
  int rounds = 0;
  std::vector<Row> rows;
  std::vector<MemoryRow> memory;
};

double Median(std::vector<double> values);
/// Medians of the ratios of each round, for the candidates that were measured.
std::vector<Ratio> Ratios(const std::vector<Row>& rows);

/// For the candidates that were measured with one port and with more.
std::vector<Split> Splits(const std::vector<Row>& rows);

void Print(std::ostream& out, const std::vector<Row>& rows, const std::vector<MemoryRow>& memory);
void Print(std::ostream& out, const std::vector<Split>& splits);
nlohmann::json ToJson(const Report& report);
/// What is wrong with a JSON report: missing or senseless values, a measurement without its ratios.
std::vector<std::string> Problems(const nlohmann::json& report);

}  // namespace bpfcast::test
