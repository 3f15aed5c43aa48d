#include "core/callbacks/lambda_callback.h"

namespace tutti {

void LambdaCallback::on_train_begin() {
  if (options_.on_train_begin) options_.on_train_begin();
}
void LambdaCallback::on_train_end() {
  if (options_.on_train_end) options_.on_train_end();
}
void LambdaCallback::on_epoch_begin(int64_t epoch) {
  if (options_.on_epoch_begin) options_.on_epoch_begin(epoch);
}
void LambdaCallback::on_epoch_end(int64_t epoch, const Logs& logs) {
  if (options_.on_epoch_end) options_.on_epoch_end(epoch, logs);
}
void LambdaCallback::on_train_batch_begin(int64_t batch) {
  if (options_.on_train_batch_begin) options_.on_train_batch_begin(batch);
}
void LambdaCallback::on_train_batch_end(int64_t batch, const Logs& logs) {
  if (options_.on_train_batch_end) options_.on_train_batch_end(batch, logs);
}

TUTTI_REGISTER(Callback, LambdaCallback, "LambdaCallback", "C++ functions as a callback")
    .argument("on_epoch_begin", &LambdaCallbackOptions::on_epoch_begin, "of (epoch)")
    .argument("on_epoch_end", &LambdaCallbackOptions::on_epoch_end, "of (epoch, logs)")
    .argument("on_train_begin", &LambdaCallbackOptions::on_train_begin, "of nothing")
    .argument("on_train_end", &LambdaCallbackOptions::on_train_end, "of nothing")
    .argument("on_train_batch_begin", &LambdaCallbackOptions::on_train_batch_begin, "of (batch)")
    .argument("on_train_batch_end", &LambdaCallbackOptions::on_train_batch_end, "of (batch, logs)");

}  // namespace tutti
