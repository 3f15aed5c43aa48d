#include "launch/job_check.h"

#include <vector>

#include "core/base/error.h"
#include "core/base/registry.h"
#include "core/callbacks/callback.h"
#include "core/losses/loss.h"
#include "core/model/model_file.h"
#include "core/optimizers/optimizer.h"
#include "launch/job_schema.h"

namespace tutti {
namespace {

std::vector<schema::Kind> losses_of(const schema::Losses& written) {
  std::vector<schema::Kind> losses(written.list().items().begin(), written.list().items().end());
  if (written.has_all()) losses.push_back(written.all());
  for (const auto& entry : written.by_output().entries()) losses.push_back(entry.value());
  return losses;
}

}  // namespace

void require_model(const Job& job) {
  const auto& model = job.frame().model();
  if (model.layers().items().empty() && !model.has_registered())
    fail(job.place_of("model"),
         "the job has no model; write a list of layers, as model: [{{Dense: {{units: 3}}}}]");
}

void require_loss(const Job& job) {
  if (!job.frame().has_loss())
    fail(job.place_of("loss"),
         "the job has no loss; write one, as loss: mse (tutti list loss names them)");
}

void check_training(const Job& job) {
  const auto& frame = job.frame();
  const auto& model = frame.model();
  require_model(job);
  const bool of_file = model.has_registered() && is_model_file(model.registered().name());
  if (!of_file) require_loss(job);  // that of a file may have its loss from there
  for (const auto& loss : losses_of(frame.loss()))
    if (!is_none(loss)) make<Loss>(to_config(loss));
  if (frame.has_optimizer()) make<Optimizer>(to_config(frame.optimizer()));
  for (const auto& kind : frame.callbacks()) make<Callback>(to_config(kind));
}

}  // namespace tutti
