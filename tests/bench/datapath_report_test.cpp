#include "bench/datapath_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace bpfcast::test {
namespace {

using nlohmann::json;

Row MakeRow(const std::string& candidate, const std::vector<double>& ns_per_copy) {
  Row row{.candidate = candidate, .ports = 4, .frame = 64, .rounds = {}, .impossible = {}};
  for (const double ns : ns_per_copy) {
    row.rounds.push_back(
        {.copies_per_s = 1e9 / ns, .ns_per_copy = ns, .busy = 1, .overload = 2, .delivered = 1});
  }
  return row;
}

/// Two candidates, complete.
Report MakeReport() {
  return {.traffic_cpu = 0,
          .forwarding_cpu = 1,
          .seconds = 1,
          .rounds = 3,
          .rows = {MakeRow("bare-mac", {100, 110, 300}), MakeRow("bpfcast-xdp", {200, 220, 400})},
          .memory = {{"bare-mac", 4, std::nullopt, 8}, {"bpfcast-xdp", 4, 13000, 26000}}};
}

TEST(DatapathReport, TheMedianIsTheMiddleOrTheMeanOfTheTwoMiddleValues) {
  EXPECT_EQ(Median({5, 1, 3}), 3);
  EXPECT_EQ(Median({4, 1, 3, 2}), 2.5);
}

TEST(DatapathReport, ARatioIsTheMedianOfTheRoundsRatiosAndAboveOneForWhatIsFaster) {
  const std::vector<Ratio> ratios = Ratios(MakeReport().rows);
  ASSERT_EQ(ratios.size(), 1U);
  EXPECT_EQ(ratios[0].of, "bpfcast-xdp");
  EXPECT_EQ(ratios[0].to, "bare-mac");
  EXPECT_DOUBLE_EQ(ratios[0].value, 0.5);  // of 0.5, 0.5, 0.75
}

TEST(DatapathReport, TheFirstCopyAndFurtherOnesAreToldApartByTheMostPorts) {
  std::vector<Row> rows{MakeRow("bare-mac", {500}), MakeRow("bare-mac", {300}), MakeRow("bare-mac", {200}),
                        MakeRow("bpfcast-tc", {900})};
  rows[0].ports = rows[3].ports = 1;
  rows[2].ports = 16;
  const std::vector<Split> splits = Splits(rows);
  ASSERT_EQ(splits.size(), 1U) << "of bpfcast-tc one number of ports is known";
  EXPECT_EQ(splits[0].candidate, "bare-mac");
  EXPECT_EQ(splits[0].ports, 16);
  EXPECT_DOUBLE_EQ(splits[0].first_ns, 500);
  EXPECT_DOUBLE_EQ(splits[0].further_ns, 180);  // 16 * 200 = 500 + 15 * 180
}

TEST(DatapathReport, WhatWasNotPossibleHasNoRatioAndSaysWhy) {
  Report report = MakeReport();
  report.rows[0].rounds.clear();
  report.rows[0].impossible = "32 interfaces";
  EXPECT_TRUE(Ratios(report.rows).empty());
  const json written = ToJson(report);
  EXPECT_EQ(written["results"][0]["impossible"], "32 interfaces");
  EXPECT_EQ(Problems(written), std::vector<std::string>{});
}

TEST(DatapathReport, ACompleteReportHasNoProblems) {
  EXPECT_EQ(Problems(ToJson(MakeReport())), std::vector<std::string>{});
}

TEST(DatapathReport, EveryGapIsAProblem) {
  const json complete = ToJson(MakeReport());
  for (const char* path :
       {"/seconds", "/rounds", "/results/0/ports", "/results/0/frame", "/results/1/copies_per_s",
        "/results/1/ns_per_copy", "/results/1/busy", "/results/1/overload", "/results/1/delivered",
        "/ratios/0/value", "/ratios/0", "/memory/0", "/results"}) {
    json report = complete;
    report = report.patch(json::array({{{"op", "remove"}, {"path", path}}}));
    EXPECT_NE(Problems(report), std::vector<std::string>{}) << path;
  }
  EXPECT_NE(Problems(json::parse("", nullptr, false)), std::vector<std::string>{});
}

TEST(DatapathReport, ZeroAndMoreArrivalsThanExpectedAreProblems) {
  Report report = MakeReport();
  report.rows[1].rounds = {Sample{}};
  EXPECT_NE(Problems(ToJson(report)), std::vector<std::string>{});
  report = MakeReport();
  for (Sample& sample : report.rows[1].rounds) sample.delivered = 1.001;
  EXPECT_NE(Problems(ToJson(report)), std::vector<std::string>{});
}

}  // namespace
}  // namespace bpfcast::test
