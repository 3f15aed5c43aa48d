#include "core/model/compile_config.h"

#include "core/base/error.h"

namespace tutti {
namespace {

template <typename T>
Config write_per_output(const PerOutput<T>& each) {
  if (each.all) return write_config(*each.all);
  if (!each.list.empty()) return write_config(each.list);
  Config::Map named;
  for (const auto& [name, value] : each.named) named.emplace_back(name, write_config(value));
  return named.empty() ? Config() : Config(std::move(named));
}

bool is_kind(const Config& config) { return config.find("class_name") != nullptr; }

template <typename T>
PerOutput<T> read_per_output(const Config* config) {
  PerOutput<T> each;
  if (!config || config->is_null()) return each;
  if (config->is_list()) {
    for (const auto& item : config->as_list()) {
      each.list.emplace_back();
      if (!item.is_null()) read_config(item, each.list.back());
    }
  } else if (config->is_map() && !is_kind(*config)) {
    for (const auto& [name, value] : config->as_map()) {
      auto& named = each.named[name];
      if (!value.is_null()) read_config(value, named);
    }
  } else {
    read_config(*config, each.all.emplace());
  }
  return each;
}

// A name alone means what it meant; others bring the name that they are reported by.
Config write_metric(const Metric& metric) {
  Config written = kind_config(metric);
  const KindCall call = parse_kind(Metric::category, written);
  if (call.name == snake_case(call.name)) return written;
  Config arguments{Config::Map{{"name", metric.name()}}};
  if (call.arguments.is_map())
    for (const auto& [key, value] : call.arguments.as_map()) arguments.set(key, value);
  return Config(Config::Map{{call.name, std::move(arguments)}}).names(Metric::category);
}

Config write_list(const MetricList& list) {
  Config::List written;
  for (const auto& metric : list) written.push_back(write_metric(*metric));
  return Config(std::move(written));
}

Config write_metrics(const Metrics& metrics) {
  Config::Map named;
  for (const auto& [name, list] : metrics.named) named.emplace_back(name, write_list(list));
  if (!named.empty()) return Config(std::move(named));
  Config::List entries;
  for (const auto& entry : metrics.entries)
    entries.push_back(entry.list.size() == 1 ? write_metric(*entry.list[0])
                                             : write_list(entry.list));
  return entries.empty() ? Config() : Config(std::move(entries));
}

MetricList read_list(const Config& config) {
  MetricList list;
  if (config.is_list())
    for (const auto& item : config.as_list()) {
      if (!item.is_null()) list.emplace_back(item);
    }
  else if (!config.is_null())
    list.emplace_back(config);
  return list;
}

Metrics read_metrics(const Config* config) {
  Metrics metrics;
  if (!config || config->is_null()) return metrics;
  if (config->is_map() && !is_kind(*config)) {
    for (const auto& [name, value] : config->as_map()) metrics.named[name] = read_list(value);
  } else if (config->is_list()) {
    for (const auto& item : config->as_list()) metrics.entries.emplace_back(read_list(item));
  } else {
    metrics.entries.emplace_back(read_list(*config));
  }
  return metrics;
}

}  // namespace

Config compile_config(const CompileOptions& options) {
  return Config::Map{{"optimizer", write_config(options.optimizer)},
                     {"loss", write_per_output(options.loss)},
                     {"loss_weights", write_per_output(options.loss_weights)},
                     {"metrics", write_metrics(options.metrics)},
                     {"weighted_metrics", write_metrics(options.weighted_metrics)}};
}

CompileOptions read_compile_config(const Config& config) {
  CompileOptions options;
  if (const Config* optimizer = config.find("optimizer"); optimizer && !optimizer->is_null())
    options.optimizer = Ref<Optimizer>(*optimizer);
  options.loss = read_per_output<Ref<Loss>>(config.find("loss"));
  options.loss_weights = read_per_output<double>(config.find("loss_weights"));
  options.metrics = read_metrics(config.find("metrics"));
  options.weighted_metrics = read_metrics(config.find("weighted_metrics"));
  return options;
}

}  // namespace tutti
