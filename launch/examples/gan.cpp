// A generator that draws digits of 8 x 8 pixels and a critic that tells them from real ones, each
// with an optimizer of its own.
#include <tutti/tutti.h>

#include <cstdio>

using tutti::Dense, tutti::Value;

class Gan : public tutti::Model {
 public:
  void train_step(const tutti::StepData& data, tutti::StepReport& report) override {
    const Value real = data.y[0], noise = random_normal(data.x[0]);  // another at every step
    const Value fake = generator_(noise);
    const Value critic_loss = judged(real, 1) + judged(stop_gradient(fake), 0);
    minimize(critic_loss, data, critic_optimizer_, critic_.trainable_weights());
    const Value loss = judged(generator_(noise), 1);  // by the critic that has just learnt
    minimize(loss, data, optimizer(), generator_.trainable_weights());
    report.mean("critic_loss", critic_loss);
    report.mean("loss", loss);
  }
  tutti::Sequential& generator() { return generator_; }

 protected:
  Value call(const Value& noise) override { return critic_(generator_(noise)); }

 private:
  Value judged(const Value& images, double label) {
    const Value logits = critic_(images);
    return sum_rows(
        tutti::losses::BinaryCrossentropy({.from_logits = true})(logits * 0.0 + label, logits));
  }

  tutti::Sequential generator_{Dense(64, "relu"), Dense(128, "relu"), Dense(64, "sigmoid")};
  tutti::Sequential critic_{Dense(128, tutti::LeakyReLU(0.2)), Dense(64, tutti::LeakyReLU(0.2)),
                            Dense(1)};
  tutti::Adam critic_optimizer_{{.learning_rate = 0.0005, .beta_1 = 0.5}};
};

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  const tutti::Tensor images = tutti::datasets::digits().features() / 16;
  Gan gan;
  gan.compile({.optimizer = tutti::Adam({.learning_rate = 0.001, .beta_1 = 0.5})});
  const tutti::Tensor noise =
      evaluate(random_normal(Value(tutti::Tensor::zeros({images.rows(), 16}))));
  const tutti::History history =
      gan.fit(noise, images, {.epochs = 40, .batch_size = 64, .verbose = 2});

  // What the drawn digits have in common against what the real ones have.
  const tutti::Tensor drawn = gan.generator().predict(noise);
  const double apart = reduce_mean(abs(reduce_mean(drawn, {0}) - reduce_mean(images, {0}))).item();
  if (session.speaks())
    std::printf("critic_loss %.4f, mean images differ by %.4f\n", history["critic_loss"].back(),
                apart);
}
