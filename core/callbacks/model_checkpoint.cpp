#include "core/callbacks/model_checkpoint.h"

#include <fmt/format.h>

#include <fmt/args.h>

#include <filesystem>

#include "core/base/error.h"
#include "core/callbacks/csv_logger.h"

namespace tutti {

SaveFrequency::SaveFrequency(const std::string& word) {
  if (word != "epoch")
    fail("ModelCheckpoint", "save_freq '{}' is unknown; use 'epoch' or a number of batches", word);
}
SaveFrequency::SaveFrequency(int64_t batches) : batches(batches) {
  if (batches <= 0)
    fail("ModelCheckpoint", "save_freq is {}; use 'epoch' or a positive number of batches",
         batches);
}

void read_config(const Config& config, SaveFrequency& out) {
  out = config.is_string() ? SaveFrequency(config.as_string()) : SaveFrequency(config.as_int());
}
Config write_config(const SaveFrequency& frequency) {
  return frequency.batches > 0 ? Config(frequency.batches) : Config("epoch");
}

std::string format_filepath(const std::string& pattern, int64_t epoch, std::optional<int64_t> batch,
                            const Logs& logs) {
  fmt::dynamic_format_arg_store<fmt::format_context> arguments;
  arguments.push_back(fmt::arg("epoch", epoch + 1));
  if (batch) arguments.push_back(fmt::arg("batch", *batch + 1));
  for (const auto& [name, value] : logs.entries())
    arguments.push_back(fmt::arg(name.c_str(), value));
  try {
    return fmt::vformat(pattern, arguments);
  } catch (const fmt::format_error& error) {
    fail("ModelCheckpoint", "cannot fill filepath '{}' ({}); use {{epoch:02d}} and names from: {}",
         pattern, error.what(), logs.names());
  }
}

ModelCheckpoint::ModelCheckpoint(Options options)
    : options_(std::move(options)),
      monitor_("ModelCheckpoint", options_.monitor, options_.mode, 0.0),
      best_(options_.initial_value_threshold) {
  const bool whole = options_.filepath.ends_with(".keras");
  if (options_.filepath.empty()) fail("ModelCheckpoint", "needs a filepath; give a path");
  if (options_.save_weights_only && whole)
    fail("ModelCheckpoint",
         "filepath '{}' is that of a whole model; end it in .safetensors to save weights only",
         options_.filepath);
  if (!options_.save_weights_only && !whole)
    fail("ModelCheckpoint",
         "filepath '{}' must end in .keras; for weights set save_weights_only: true",
         options_.filepath);
}

void ModelCheckpoint::check(const TrainingControl::Plan& plan) {
  if (!options_.save_best_only) return;
  TrainingControl::Plan seen = plan;  // batches know nothing of the validation
  if (options_.save_freq.batches > 0)
    std::erase_if(seen.quantities,
                  [](const auto& quantity) { return quantity.name.starts_with("val_"); });
  monitor_.check(seen);
}

void ModelCheckpoint::on_train_batch_end(int64_t batch, const Logs& logs) {
  if (options_.save_freq.batches == 0 || ++batches_since_saving_ < options_.save_freq.batches)
    return;
  batches_since_saving_ = 0;
  save(batch, logs);
}

void ModelCheckpoint::on_epoch_end(int64_t epoch, const Logs& logs) {
  epoch_ = epoch;
  if (options_.save_freq.batches == 0) save(std::nullopt, logs);
}

bool ModelCheckpoint::wanted(const Logs& logs, const std::string& path) {
  const auto tell = [&](const std::string& text) {
    if (options_.verbose > 0) training().print(fmt::format("\nEpoch {}: {}", epoch_ + 1, text));
  };
  if (!options_.save_best_only) {
    tell("saving model to " + path);
    return true;
  }
  const double* current = monitor_.find(logs, training());
  if (!current) {
    training().print(fmt::format("Can save best model only with {} available.", monitor_.name()));
    return true;
  }
  const std::string best = best_ ? fmt::format("{:.5f}", *best_) : "None";
  if (!monitor_.improves(*current, best_)) {
    tell(fmt::format("{} did not improve from {}", monitor_.name(), best));
    return false;
  }
  tell(fmt::format("{} improved from {} to {:.5f}, saving model to {}", monitor_.name(), best,
                   *current, path));
  best_ = *current;
  return true;
}

void ModelCheckpoint::save(std::optional<int64_t> batch, const Logs& logs) {
  const std::string path =
      callback_path(training(), format_filepath(options_.filepath, epoch_, batch, logs));
  if (!wanted(logs, path)) return;
  const auto directory = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!directory.empty()) std::filesystem::create_directories(directory, error);
  if (error)
    fail(ExitCode::io, "ModelCheckpoint", "cannot make directory '{}': {}; use another filepath",
         directory.string(), error.message());
  if (options_.save_weights_only)
    training().save_weights(path);
  else
    training().save_model(path);
  if (options_.verbose > 0)
    training().print(fmt::format("\nEpoch {}: finished saving model to {}", epoch_ + 1, path));
}

CallbackState ModelCheckpoint::state() const {
  CallbackState state;
  state.values.set("epoch", epoch_);
  state.values.set("batches_since_saving", batches_since_saving_);
  state.values.set("best", number_or_null(best_));
  return state;
}

void ModelCheckpoint::restore(const CallbackState& state) {
  epoch_ = state["epoch"].as_int();
  batches_since_saving_ = state["batches_since_saving"].as_int();
  best_ = state.number("best");
}

TUTTI_REGISTER(Callback, ModelCheckpoint, "ModelCheckpoint",
               "saves weights or model while training")
    .required("filepath", &ModelCheckpointOptions::filepath,
              "with {epoch:02d}, {val_loss:.2f}; relative ones begin at the run")
    .argument("monitor", &ModelCheckpointOptions::monitor, "name in the logs")
    .argument("verbose", &ModelCheckpointOptions::verbose, "1 tells what happened")
    .argument("save_best_only", &ModelCheckpointOptions::save_best_only, "only when it got better")
    .argument("save_weights_only", &ModelCheckpointOptions::save_weights_only,
              "weights instead of the whole model")
    .choice("mode", &ModelCheckpointOptions::mode, kMonitorModes, "which way is better")
    .argument("save_freq", &ModelCheckpointOptions::save_freq, "epoch, or a number of batches")
    .argument("initial_value_threshold", &ModelCheckpointOptions::initial_value_threshold,
              "value to beat at first");

}  // namespace tutti
