// Whether a review praises a film: text files in two folders, read word by word.
//   example_sentiment FOLDER
// `tutti make reviews` makes such a folder.
#include <tutti/tutti.h>

#include <iostream>

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  const std::string folder = argc > 1 ? argv[1] : "reviews";
  const auto part = [&](const char* subset) {
    return tutti::text_dataset_from_directory(
        folder, {.seed = 42, .validation_split = 0.25, .subset = subset});
  };
  const tutti::Dataset train = part("training"), test = part("validation");

  tutti::TextVectorization words({.max_tokens = 200, .output_sequence_length = 32});
  words->adapt(train.features());
  tutti::Sequential model({words, tutti::Embedding(200, 16),
                           tutti::Conv1D({.filters = 32, .kernel_size = 3, .activation = "relu"}),
                           tutti::GlobalMaxPooling1D(), tutti::Dense(16, "relu"),
                           tutti::Dense(1, "sigmoid")});
  model.compile(
      {.optimizer = tutti::Adam(0.005), .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  model.fit(train, {.epochs = 15});

  const tutti::Logs tested = model.evaluate(test);
  const tutti::Tensor said = model.predict(
      tutti::Tensor::text({"At first the plot is dull, but in the end the cast is superb.",
                           "Sure, the music is lovely, but in the end the story is not clever."}));
  if (session.speaks())
    std::cout << "test accuracy " << *tested.find("accuracy") << "\n" << said << std::endl;
}
