#include "launch/job_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/base/error.h"
#include "core/base/seed.h"
#include "core/layers/input_layer.h"
#include "core/model/model_file.h"
#include "core/model/sequential.h"
#include "launch/at_place.h"
#include "launch/job_check.h"
#include "launch/job_schema.h"
#include "launch/yaml_reader.h"

namespace tutti {

namespace {

// A layer as a list item, without the keys that place it in the graph.
struct LayerItem {
  std::string place, kind;
  Config config;  // what make_layer takes
  std::optional<std::vector<std::string>> inputs;
  std::string name;
};

LayerItem layer_item(const schema::Kind& kind) {
  LayerItem item{kind.place().empty() ? "model" : kind.place(), kind.name(), {}, {}, {}};
  schema::Kind plain = kind;
  auto& arguments = *plain.mutable_arguments();
  for (int i = arguments.size() - 1; i >= 0; --i) {
    const Config value = to_config(arguments[i].value());
    if (arguments[i].key() == "name") item.name = value.as_string();
    if (arguments[i].key() != "inputs") continue;
    read_config(value, item.inputs.emplace());
    arguments.DeleteSubrange(i, 1);
  }
  item.config = to_config(plain);
  return item;
}

schema::Kind written_layer(const Layer& layer, const LayerItem& item) {
  schema::Kind written;
  read_message(layer_config(layer), written);
  if (!item.inputs) return written;
  Config::List names(item.inputs->begin(), item.inputs->end());
  auto& entry = *written.add_arguments();
  entry.set_key("inputs");
  read_message(Config(std::move(names)), *entry.mutable_value());
  return written;
}

// Values by name, as the items of the list bring them.
class GraphWriter {
 public:
  explicit GraphWriter(const std::vector<RowColumn>& inputs) {
    for (const auto& column : inputs) {
      data_names_.push_back(column.name);
      columns_[column.name] = &column;
    }
  }

  void add(const LayerItem& item, schema::Kinds& written) {
    const auto again = layers_.find(item.kind);
    const bool shared = again != layers_.end() && !find_kind(Layer::category, item.kind);
    auto layer =
        shared ? again->second : at_place(item.place, [&] { return make_layer(item.config); });
    if (shared) refuse_arguments(item);
    const auto* input_layer = dynamic_cast<const InputLayer*>(layer.get());
    const std::string name = shared ? again_name(item) : layer->name();
    if (values_.contains(name))
      fail(item.place, "a second layer is called '{}'; give it another name", name);
    const auto arguments = input_layer ? std::vector<Value>{} : inputs_of(item);
    const Value value = at_place(item.place, [&] { return layer->apply(arguments).at(0); });
    if (input_layer) inputs_.push_back(value);
    layers_.try_emplace(name, layer);
    values_[name] = last_ = value;
    order_.push_back(name);
    *written.add_items() = shared ? again_written(item, name) : written_layer(*layer, item);
  }

  std::shared_ptr<Model> finish(const std::string& name) const {
    for (const auto& input : data_names_)
      if (!values_.contains(input))
        fail("model",
             "no layer takes the input '{}' of the data; name it in a layer's inputs, or "
             "leave it out of the data's",
             input);
    std::vector<Value> outputs;
    for (const auto& each : order_)
      if (!taken_.contains(each)) outputs.push_back(values_.at(each));
    return std::make_shared<Model>(inputs_, outputs, name);
  }

 private:
  // They would change nothing: the layer is made.
  static void refuse_arguments(const LayerItem& item) {
    const Config arguments = parse_kind(Layer::category, item.config).arguments;
    if (!arguments.is_map()) return;
    for (const auto& [key, value] : arguments.as_map())
      if (key != "name")
        fail(value.where_or(item.place),
             "'{}' is made above and called again here, with inputs and name alone; leave out '{}'",
             item.kind, key);
  }

  // "tower_1" for the second call of "tower".
  std::string again_name(const LayerItem& item) const {
    if (!item.name.empty()) return item.name;
    int number = 1;
    while (values_.contains(fmt::format("{}_{}", item.kind, number))) ++number;
    return fmt::format("{}_{}", item.kind, number);
  }

  schema::Kind again_written(const LayerItem& item, const std::string& name) const {
    schema::Kind written;
    Config::Map arguments{{"name", name}};
    if (item.inputs)
      arguments.emplace_back("inputs",
                             Config(Config::List(item.inputs->begin(), item.inputs->end())));
    read_message(Config(Config::Map{{item.kind, Config(std::move(arguments))}}), written);
    return written;
  }

  std::vector<Value> inputs_of(const LayerItem& item) {
    if (item.inputs) {
      std::vector<Value> values;
      for (const auto& name : *item.inputs) values.push_back(named(name, item));
      return values;
    }
    if (order_.empty()) {
      if (data_names_.size() != 1)
        fail(item.place, "the data has inputs {}; say which the layer takes, as inputs: [{}]",
             fmt::join(data_names_, ", "), data_names_.empty() ? "" : data_names_[0]);
      return {named(data_names_[0], item)};
    }
    taken_.insert(order_.back());
    return {last_};
  }

  Value named(const std::string& name, const LayerItem& item) {
    if (const auto found = values_.find(name); found != values_.end()) {
      taken_.insert(name);
      return found->second;
    }
    if (const auto found = columns_.find(name); found != columns_.end()) {
      const RowColumn& column = *found->second;
      const Shape shape = column.shape.rank() == 0 ? Shape{1} : column.shape;
      inputs_.push_back(Input(shape, name, column.dtype));
      taken_.insert(name);
      return values_[name] = inputs_.back();
    }
    std::vector<std::string> known = order_;
    known.insert(known.end(), data_names_.begin(), data_names_.end());
    fail(item.place, "no earlier layer and no input of the data is called '{}'{}; there are {}",
         name, did_you_mean(name, known), fmt::join(known, ", "));
  }

  std::vector<std::string> data_names_, order_;
  std::map<std::string, const RowColumn*> columns_;
  std::map<std::string, Value> values_;
  std::map<std::string, std::shared_ptr<Layer>> layers_;
  std::set<std::string> taken_;
  std::vector<Value> inputs_;
  Value last_;
};

JobModel stack_layers(const std::vector<LayerItem>& items, const std::vector<RowColumn>& inputs) {
  auto model = std::make_shared<Sequential>();
  std::vector<std::shared_ptr<Layer>> layers;
  JobModel made;
  for (const auto& item : items) {
    auto layer = at_place(item.place, [&] { return make_layer(item.config); });
    at_place(item.place, [&] { model->add(layer); });
    layers.push_back(std::move(layer));
  }
  at_place(items[0].place, [&] { model->build_graph(inputs); });
  // Once built: what a layer learnt from the data is part of how it is written.
  for (size_t i = 0; i < items.size(); ++i)
    *made.written.mutable_layers()->add_items() = written_layer(*layers[i], items[i]);
  made.model = std::move(model);
  return made;
}

JobModel registered_model(const schema::Kind& kind, const std::vector<RowColumn>& inputs) {
  JobModel made;
  made.model = std::dynamic_pointer_cast<Model>(make_layer(to_config(kind)));
  if (!made.model)
    fail(
        kind.place().empty() ? "model" : kind.place(),
        "'{}' is a layer; write a list of layers, or the name of a model registered in the program",
        kind.name());
  at_place(kind.place(), [&] { made.model->build_graph(inputs); });
  read_message(layer_config(*made.model), *made.written.mutable_registered());
  return made;
}

// A file of a model, whose relative path begins at the job. Its weights are those of the file.
JobModel model_of_file(const Job& job, const schema::Kind& kind) {
  JobModel made;
  const auto path = job.folder() / kind.name();
  at_place(kind.place(), [&] { made.model = load_model(path.string()); });
  *made.written.mutable_registered() = kind;
  return made;
}

MetricList metric_list(const schema::Kinds& kinds) {
  MetricList list;
  for (const auto& kind : kinds.items())
    if (!is_none(kind)) list.emplace_back(to_config(kind));
  return list;
}

Metrics job_metrics(const schema::Metrics& written) {
  if (written.has_one()) return MetricList{Ref<Metric>(to_config(written.one()))};
  if (written.has_list()) return metric_list(written.list());
  std::map<std::string, MetricList> named;
  for (const auto& entry : written.by_output().entries())
    named[entry.key()] = metric_list(entry.value());
  return named;
}

// What is written by output names outputs that there are.
template <typename ByOutput>
void check_outputs(const Job& job, const std::string& key, const ByOutput& written,
                   const Model& model) {
  const auto& names = model.output_names();
  for (const auto& entry : written.entries())
    if (std::find(names.begin(), names.end(), entry.key()) == names.end())
      fail(job.place_of(key + "." + entry.key()),
           "the model has no output '{}'{}; its outputs are {}", entry.key(),
           did_you_mean(entry.key(), names), fmt::join(names, ", "));
}

// The index of a class that a weight is written for.
int64_t class_of(const std::string& key, const std::string& place,
                 const std::vector<std::vector<std::string>>& class_names) {
  const Config label = plain_scalar(key, place);
  const auto names = class_names.empty() ? std::vector<std::string>() : class_names[0];
  const auto count = static_cast<int64_t>(names.size());
  const auto named = std::find(names.begin(), names.end(), key);
  if (named != names.end()) return named - names.begin();
  if (!label.is_int() && count == 0)
    fail(place, "expected a class number, got '{}'; write {{0: 2.0, 1: 1.0}}", key);
  if (!label.is_int() || label.as_int() < 0 || (count > 0 && label.as_int() >= count))
    fail(place, "there is no class '{}'{}", key,
         near_or(key, names,
                 count > 0 ? fmt::format("; the classes are {}", fmt::join(names, ", "))
                           : "; count from 0"));
  return label.as_int();
}

}  // namespace

JobModel make_job_model(const Job& job, const std::vector<RowColumn>& inputs) {
  const auto& written = job.frame().model();
  set_dtype_policy(job.frame().has_dtype_policy() ? DTypePolicy(job.frame().dtype_policy())
                                                  : DTypePolicy());
  if (written.has_registered() && is_model_file(written.registered().name()))
    return model_of_file(job, written.registered());
  if (written.has_registered()) return registered_model(written.registered(), inputs);
  std::vector<LayerItem> items;
  for (const auto& kind : written.layers().items()) items.push_back(layer_item(kind));
  require_model(job);
  const bool stack =
      inputs.size() == 1 && std::none_of(items.begin(), items.end(),
                                         [](const auto& item) { return item.inputs.has_value(); });
  if (stack) return stack_layers(items, inputs);
  JobModel made;
  GraphWriter writer(inputs);
  for (const auto& item : items) writer.add(item, *made.written.mutable_layers());
  made.model = at_place(job.place_of("model"), [&] { return writer.finish(job.frame().name()); });
  return made;
}

void check_objects(const Job& job) {
  const auto& model = job.frame().model();
  std::set<std::string> names;  // an item called so is that layer again
  for (const auto& kind : model.layers().items()) {
    const LayerItem item = layer_item(kind);
    if (names.contains(item.kind) && !find_kind(Layer::category, item.kind)) continue;
    names.insert(at_place(item.place, [&] { return make_layer(item.config)->name(); }));
  }
  if (model.has_registered() && !is_model_file(model.registered().name()))
    at_place(job.place_of("model"), [&] { make_layer(to_config(model.registered())); });
  job.resolved_yaml(model);
  clear_session();
}

std::string place_of_layer(const Job& job, const JobModel& made, const std::string& name) {
  const auto& written = made.written.layers().items();
  const auto& items = job.frame().model().layers().items();
  for (int i = 0; i < std::min(written.size(), items.size()); ++i)
    for (const auto& argument : written[i].arguments())
      if (argument.key() == "name" && argument.value().text() == name) return items[i].place();
  return job.place_of("model");
}

bool is_of_classes(const schema::Kind* loss) {
  return loss && make<Loss>(to_config(*loss))->of_classes();
}

const schema::Kind* loss_of_output(const Job& job, size_t index, const std::string& name) {
  const schema::Losses& losses = job.frame().loss();
  const schema::Kind* found = losses.has_all() ? &losses.all() : nullptr;
  if (losses.has_list() && index < static_cast<size_t>(losses.list().items_size()))
    found = &losses.list().items(static_cast<int>(index));
  for (const auto& entry : losses.by_output().entries())
    if (entry.key() == name) found = &entry.value();
  return found && !is_none(*found) ? found : nullptr;
}

void compile_for_job(const Job& job, Model& model) {
  if (job.frame().has_loss() || !model.compiled()) model.compile(make_compile_options(job, model));
}

CompileOptions make_compile_options(const Job& job, const Model& model) {
  const auto& frame = job.frame();
  CompileOptions options;
  require_loss(job);
  if (frame.has_optimizer()) options.optimizer = Ref<Optimizer>(to_config(frame.optimizer()));
  if (frame.loss().has_all()) options.loss.all = Ref<Loss>(to_config(frame.loss().all()));
  for (const auto& kind : frame.loss().list().items())
    options.loss.list.emplace_back(to_config(kind));
  check_outputs(job, "loss", frame.loss().by_output(), model);
  check_outputs(job, "loss_weights", frame.loss_weights().by_output(), model);
  check_outputs(job, "metrics", frame.metrics().by_output(), model);
  check_outputs(job, "weighted_metrics", frame.weighted_metrics().by_output(), model);
  for (const auto& entry : frame.loss().by_output().entries())
    options.loss.named[entry.key()] = Ref<Loss>(to_config(entry.value()));
  const auto& weights = frame.loss_weights().list().items();
  if (weights.size() == 1)
    options.loss_weights.all = weights[0];  // as Keras takes it
  else
    options.loss_weights.list.assign(weights.begin(), weights.end());
  for (const auto& entry : frame.loss_weights().by_output().entries())
    options.loss_weights.named[entry.key()] = entry.value();
  const auto& names = model.output_names();
  at_place(job.place_of("loss"), [&] { options.loss.check(names, "compile", "loss", true); });
  at_place(job.place_of("loss_weights"),
           [&] { options.loss_weights.check(names, "compile", "loss_weights", false); });
  options.metrics = job_metrics(frame.metrics());
  options.weighted_metrics = job_metrics(frame.weighted_metrics());
  return options;
}

FitOptions make_fit_options(const Job& job,
                            const std::vector<std::vector<std::string>>& class_names) {
  const auto& fit = job.frame().fit();
  FitOptions options;
  if (fit.has_epochs()) options.epochs = fit.epochs();
  if (fit.has_batch_size()) options.batch_size = fit.batch_size();
  if (fit.has_verbose()) options.verbose = static_cast<int>(fit.verbose());
  if (fit.has_validation_split()) options.validation_split = fit.validation_split();
  if (fit.has_shuffle()) options.shuffle = fit.shuffle();
  if (fit.has_check_memory()) options.check_memory = fit.check_memory();
  if (fit.has_on_nan()) options.on_nan = fit.on_nan();
  if (fit.has_initial_epoch()) options.initial_epoch = fit.initial_epoch();
  if (fit.has_validation_freq()) options.validation_freq = fit.validation_freq();
  if (fit.has_steps_per_epoch()) options.steps_per_epoch = fit.steps_per_epoch();
  if (fit.has_validation_steps()) options.validation_steps = fit.validation_steps();
  if (fit.has_validation_batch_size()) options.validation_batch_size = fit.validation_batch_size();
  if (fit.has_class_weight() && class_names.size() > 1)
    fail(job.place_of("fit.class_weight"),
         "class_weight is for data of one label, this has {}; give rows a weight by "
         "data.sample_weight",
         class_names.size());
  for (const auto& entry : fit.class_weight().entries()) {
    const std::string place = job.place_of("fit.class_weight." + entry.key());
    if (!options.class_weight.emplace(class_of(entry.key(), place, class_names), entry.value())
             .second)
      fail(place, "class '{}' has a second weight here; keep one", entry.key());
  }
  for (const auto& kind : job.frame().callbacks())
    options.callbacks.push_back(make<Callback>(to_config(kind)));
  return options;
}

void check_callbacks(const Job& job, const FitOptions& fit, const TrainingControl::Plan& plan) {
  for (size_t i = 0; i < fit.callbacks.size(); ++i)
    at_place(job.frame().callbacks(static_cast<int>(i)).place(),
             [&] { fit.callbacks[i]->check(plan); });
}

}  // namespace tutti
