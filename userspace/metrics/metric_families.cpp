#include "metrics/metric_families.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace bpfcast {

MetricFamilies::MetricFamilies(std::span<const MetricInfo> infos) {
  families_.reserve(infos.size());
  for (const MetricInfo& info : infos) {
    prometheus::MetricFamily& family = families_.emplace_back();
    family.name = info.name;
    family.help = info.help;
    family.type =
        info.kind == MetricKind::kCounter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
  }
}

void MetricFamilies::Add(std::size_t index, MetricLabels labels, double value) {
  prometheus::MetricFamily& family = families_.at(index);
  prometheus::ClientMetric& sample = family.metric.emplace_back();
  sample.label = std::move(labels);
  if (family.type == prometheus::MetricType::Counter) {
    sample.counter.value = value;
  } else {
    sample.gauge.value = value;
  }
}

std::string MetricFamilies::ToText() const {
  std::vector<prometheus::MetricFamily> filled;
  std::copy_if(families_.begin(), families_.end(), std::back_inserter(filled),
               [](const prometheus::MetricFamily& family) { return !family.metric.empty(); });
  return prometheus::TextSerializer().Serialize(filled);
}

}  // namespace bpfcast
