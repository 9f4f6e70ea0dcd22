// MetricFamilies: what is counted and measured, as Prometheus reads it.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bpfcast {

enum class MetricKind : std::uint8_t { kCounter, kGauge };

struct MetricInfo {
  std::string_view name;
  MetricKind kind = MetricKind::kGauge;
  std::string_view help;  // a sentence without its end
};

using MetricLabels = std::vector<prometheus::ClientMetric::Label>;

class MetricFamilies {
 public:
  /// They stay in this order.
  explicit MetricFamilies(std::span<const MetricInfo> infos);

  /// A sample of the family that is the `index`th; its labels are not those of another one. What is not
  /// UTF-8 in them is replaced, for a reader would refuse the whole text.
  void Add(std::size_t index, MetricLabels labels, double value);

  /// In the text format of version 0.0.4; families without samples are left out.
  std::string ToText() const;

 private:
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace bpfcast
