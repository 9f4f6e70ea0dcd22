#include "bench/datapath_report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

namespace bpfcast::test {
namespace {

using nlohmann::json;

/// Below it the candidate waited for traffic: copies/s is what it was offered. What a copy costs is right all
/// the same.
constexpr double kOverloaded = 1.01;

constexpr std::array<std::pair<const char*, const char*>, 5> kPairs{{
    {"bpfcast-xdp", "bare-mac"},
    {"bpfcast-xdp", "bpfcast-tc"},
    {"bpfcast-xdp", "smcroute"},
    {"bpfcast-tc", "smcroute"},
    {"bpfcast-kernel", "smcroute"},
}};

double MedianOf(const Row& row, double Sample::*value) {
  std::vector<double> values;
  for (const Sample& sample : row.rounds) values.push_back(sample.*value);
  return Median(std::move(values));
}

const Row* Find(const std::vector<Row>& rows, const std::string& candidate, const Row& like) {
  const auto found = std::ranges::find_if(rows, [&](const Row& row) {
    return row.candidate == candidate && row.ports == like.ports && row.frame == like.frame;
  });
  return found == rows.end() ? nullptr : &*found;
}

template <class... Values>
std::string Text(const char* format, Values... values) {
  std::array<char, 160> text;
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

std::string Kilobytes(const std::optional<std::size_t>& kb) {
  return kb ? Text("%9zu kB", *kb) : "           -";
}

json Kilobytes(const json& none, const std::optional<std::size_t>& kb) {
  return kb ? json(*kb) : none;
}

json ToJson(const Row& row) {
  json out{{"candidate", row.candidate}, {"ports", row.ports}, {"frame", row.frame}};
  if (!row.impossible.empty()) {
    out["impossible"] = row.impossible;
    return out;
  }
  out["copies_per_s"] = MedianOf(row, &Sample::copies_per_s);
  out["ns_per_copy"] = MedianOf(row, &Sample::ns_per_copy);
  out["busy"] = MedianOf(row, &Sample::busy);
  out["overload"] = MedianOf(row, &Sample::overload);
  out["delivered"] = MedianOf(row, &Sample::delivered);
  for (const Sample& sample : row.rounds) {
    out["rounds"].push_back({{"copies_per_s", sample.copies_per_s},
                             {"ns_per_copy", sample.ns_per_copy},
                             {"busy", sample.busy},
                             {"overload", sample.overload},
                             {"delivered", sample.delivered}});
  }
  return out;
}

bool IsPositive(const json& object, const char* key) {
  return object.contains(key) && object[key].is_number() && object[key].get<double>() > 0;
}

/// An array of objects; empty when it is none.
std::vector<json> Objects(const json& report, const char* key) {
  std::vector<json> objects;
  if (!report.is_object() || !report.contains(key) || !report[key].is_array()) return objects;
  for (const json& entry : report[key]) {
    if (entry.is_object()) objects.push_back(entry);
  }
  return objects;
}

std::string Name(const json& row) {
  return row.value("candidate", "?") + " with " + std::to_string(row.value("ports", 0)) + " ports and " +
         std::to_string(row.value("frame", 0)) + " octets";
}

bool IsRatio(const json& ratio, const json& of, const json& to) {
  return ratio.value("of", "") == of["candidate"] && ratio.value("to", "") == to["candidate"] &&
         ratio.value("ports", 0) == of["ports"] && ratio.value("frame", 0) == of["frame"];
}

void CheckRow(const json& row, std::vector<std::string>& problems) {
  for (const char* key : {"ports", "frame"}) {
    if (!IsPositive(row, key)) problems.push_back(Name(row) + ": no " + key);
  }
  if (row.contains("impossible")) return;
  for (const char* key : {"copies_per_s", "ns_per_copy", "busy", "overload", "delivered"}) {
    if (!IsPositive(row, key)) problems.push_back(Name(row) + ": no " + key);
  }
  if (row.value("delivered", 0.0) > 1) problems.push_back(Name(row) + ": more arrived than was sent");
}

void CheckRatios(const json& of, const json& to, const std::vector<json>& ratios,
                 std::vector<std::string>& problems) {
  const bool is_pair = std::ranges::any_of(kPairs, [&](const auto& pair) {
    return of.value("candidate", "") == pair.first && to.value("candidate", "") == pair.second;
  });
  if (!is_pair || of["ports"] != to["ports"] || of["frame"] != to["frame"]) return;
  if (of.contains("impossible") || to.contains("impossible")) return;
  const auto found = std::ranges::find_if(ratios, [&](const json& ratio) { return IsRatio(ratio, of, to); });
  if (found == ratios.end() || !IsPositive(*found, "value")) {
    problems.push_back(Name(of) + ": no ratio to " + to.value("candidate", "?"));
  }
}

}  // namespace

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<Ratio> Ratios(const std::vector<Row>& rows) {
  std::vector<Ratio> ratios;
  for (const auto& [of, to] : kPairs) {
    for (const Row& row : rows) {
      if (row.candidate != of) continue;
      const Row* other = Find(rows, to, row);
      if (other == nullptr || !row.impossible.empty() || !other->impossible.empty()) continue;
      std::vector<double> values;
      for (std::size_t n = 0; n < std::min(row.rounds.size(), other->rounds.size()); ++n) {
        values.push_back(other->rounds[n].ns_per_copy / row.rounds[n].ns_per_copy);
      }
      ratios.push_back({of, to, row.ports, row.frame, Median(std::move(values))});
    }
  }
  return ratios;
}

std::vector<Split> Splits(const std::vector<Row>& rows) {
  std::vector<Split> splits;
  for (const Row& one : rows) {
    if (one.ports != 1 || !one.impossible.empty()) continue;
    const Row* most = &one;
    for (const Row& row : rows) {
      if (row.candidate == one.candidate && row.frame == one.frame && row.impossible.empty() &&
          row.ports > most->ports) {
        most = &row;
      }
    }
    if (most == &one) continue;
    const double first = MedianOf(one, &Sample::ns_per_copy);
    const double all = MedianOf(*most, &Sample::ns_per_copy) * most->ports;
    splits.push_back({one.candidate, one.frame, most->ports, first, (all - first) / (most->ports - 1)});
  }
  return splits;
}

void Print(std::ostream& out, const std::vector<Row>& rows, const std::vector<MemoryRow>& memory) {
  out << "ports frame candidate         copies/s   ns/copy   busy overload  delivered\n";
  for (const Row& row : rows) {
    out << Text("%5d %5d %-15s", row.ports, row.frame, row.candidate.c_str());
    if (!row.impossible.empty()) {
      out << "  not possible: " << row.impossible << "\n";
      continue;
    }
    const double overload = MedianOf(row, &Sample::overload);
    out << Text("%11.0f %9.1f %5.0f%% %8.2f %9.1f%%", MedianOf(row, &Sample::copies_per_s),
                MedianOf(row, &Sample::ns_per_copy), 100 * MedianOf(row, &Sample::busy), overload,
                100 * MedianOf(row, &Sample::delivered))
        << (overload < kOverloaded ? "  waited for traffic\n" : "\n");
  }
  for (const Ratio& ratio : Ratios(rows)) {
    out << Text("%5d %5d %s/%s = %.2f\n", ratio.ports, ratio.frame, ratio.of.c_str(), ratio.to.c_str(),
                ratio.value);
  }
  for (const MemoryRow& row : memory) {
    out << Text("%5d memory %-15s daemon %s, BPF maps %s\n", row.ports, row.candidate.c_str(),
                Kilobytes(row.resident_kb).c_str(), Kilobytes(row.maps_kb).c_str());
  }
  out << std::flush;
}

void Print(std::ostream& out, const std::vector<Split>& splits) {
  if (!splits.empty())
    out << "\nacross numbers of ports, which took turns with nobody: a change of the machine shows here\n";
  for (const Split& split : splits) {
    out << Text(
        "%-15s %5d: %6.0f ns for a packet to one port, %6.0f ns more for each further one, up to %d\n",
        split.candidate.c_str(), split.frame, split.first_ns, split.further_ns, split.ports);
  }
  out << std::flush;
}

json ToJson(const Report& report) {
  json out{{"cpus", {{"traffic", report.traffic_cpu}, {"forwarding", report.forwarding_cpu}}},
           {"seconds", report.seconds},
           {"rounds", report.rounds},
           {"results", json::array()},
           {"ratios", json::array()},
           {"splits", json::array()},
           {"memory", json::array()}};
  for (const Row& row : report.rows) out["results"].push_back(ToJson(row));
  for (const Ratio& ratio : Ratios(report.rows)) {
    out["ratios"].push_back({{"of", ratio.of},
                             {"to", ratio.to},
                             {"ports", ratio.ports},
                             {"frame", ratio.frame},
                             {"value", ratio.value}});
  }
  for (const Split& split : Splits(report.rows)) {
    out["splits"].push_back({{"candidate", split.candidate},
                             {"frame", split.frame},
                             {"ports", split.ports},
                             {"first_ns", split.first_ns},
                             {"further_ns", split.further_ns}});
  }
  for (const MemoryRow& row : report.memory) {
    out["memory"].push_back({{"candidate", row.candidate},
                             {"ports", row.ports},
                             {"resident_kb", Kilobytes(nullptr, row.resident_kb)},
                             {"maps_kb", Kilobytes(nullptr, row.maps_kb)}});
  }
  return out;
}

std::vector<std::string> Problems(const json& report) {
  std::vector<std::string> problems;
  if (!report.is_object()) return {"no object"};
  for (const char* key : {"seconds", "rounds"}) {
    if (!IsPositive(report, key)) problems.push_back(std::string("no ") + key);
  }
  const std::vector<json> results = Objects(report, "results");
  const std::vector<json> ratios = Objects(report, "ratios");
  if (results.empty()) problems.emplace_back("no results");
  for (const json& row : results) CheckRow(row, problems);
  if (!problems.empty()) return problems;
  for (const json& of : results) {
    for (const json& to : results) CheckRatios(of, to, ratios, problems);
  }
  for (const json& row : results) {
    const bool remembered = std::ranges::any_of(Objects(report, "memory"), [&](const json& memory) {
      return memory.value("candidate", "") == row["candidate"] && memory.value("ports", 0) == row["ports"];
    });
    if (!remembered && !row.contains("impossible")) problems.push_back(Name(row) + ": no memory");
  }
  return problems;
}

}  // namespace bpfcast::test
