// History: the logs of each epoch. fit returns one.
#pragma once

#include <map>
#include <vector>

#include "core/callbacks/callback.h"

namespace tutti {

class History final : public Callback {
 public:
  using Options = NoOptions;
  explicit History(Options = {}) {}
  const Options& options() const { return options_; }

  bool on_every_rank() const override { return true; }
  void on_train_begin() override;
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  CallbackState state() const override;
  void restore(const CallbackState& state) override;

  const std::vector<int64_t>& epochs() const { return epochs_; }
  // A value for each epoch. Throws naming the known ones.
  const std::vector<double>& operator[](const std::string& name) const;
  const std::map<std::string, std::vector<double>>& history() const { return history_; }

 private:
  Options options_;
  std::vector<int64_t> epochs_;
  std::map<std::string, std::vector<double>> history_;
};

}  // namespace tutti
