// An LSTM that learns to spell: after H comes E, after E comes L, after L comes P. 452 parameters,
// one word, trained a batch at a time.
#include <tutti/tutti.h>

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  const std::string letters = "HELP";
  const tutti::Tensor x = tutti::to_categorical({0, 1, 2}, 4).reshape({1, 3, 4});  // H, E, L
  const tutti::Tensor y = tutti::Tensor{{1, 2, 3}};                                // E, L, P

  tutti::Sequential model({tutti::LSTM({.units = 8, .return_sequences = true}), tutti::Dense(4)});
  model.compile({.optimizer = "adam",
                 .loss = tutti::losses::SparseCategoricalCrossentropy({.from_logits = true})});
  model(x);  // makes its weights
  if (session.speaks()) std::printf("%d parameters\n", static_cast<int>(model.count_params()));
  for (int step = 1; step <= 400; ++step) {
    const double loss = *model.train_on_batch(x, y).find("loss");
    if (step % 100 != 0) continue;
    std::string word;
    for (const int64_t letter : argmax(model.predict(x), 2).to_vector<int64_t>())
      word += letters[static_cast<size_t>(letter)];
    if (session.speaks()) std::printf("%d steps: %s, loss %.4f\n", step, word.c_str(), loss);
  }
}
