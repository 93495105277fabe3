"""Every page of the explorer, in reading order. The only list of pages there is."""

from __future__ import annotations

from typing import NamedTuple

LECTURE = "Hung-yi Lee, *RNN, part II*"
# Chapters whose names are too long for a row of menus beside open controls.
MENUS = {
    "Training is hard": "Training",
    "CTC and speech": "Speech",
    "Sequences in, sequences out": "Sequences",
    "Attention and memory": "Attention",
}


class Exhibit(NamedTuple):
    name: str  # its path under pages/, without the ending
    title: str
    chapter: str
    icon: str  # Material symbol
    asks: str  # the question that the page answers, one sentence
    claim: str = ""  # what the lecture says about it
    source: str = LECTURE

    @property
    def path(self) -> str:
        return f"pages/{self.name}.py"


EXHIBITS = (
    Exhibit("start/home", "RNNViz", "Start", "home", "Where do you want to begin?"),
    Exhibit(
        "training/slots",
        "The learning target",
        "Training is hard",
        "flag",
        "What exactly is a recurrent net asked to get right?",
        "The loss is the cross-entropy against the reference vector at every step, summed; the order of the words matters.",
    ),
    Exhibit(
        "training/bptt",
        "Back through time",
        "Training is hard",
        "history",
        "How does one matrix that was used at every step get one gradient?",
        "Backpropagation through time: unroll the net, and add up what every use of the same weights contributed.",
        LECTURE + "; Werbos 1990; Williams & Peng 1990",
    ),
    Exhibit(
        "training/repeat",
        "The toy",
        "Training is hard",
        "repeat",
        "What happens to one number that goes round a thousand times?",
        "The same weight is used at every step, so its tiny differences are multiplied: w = 1.01 gives about 20000, 0.99 about 0.",
    ),
    Exhibit(
        "training/cliff",
        "The cliff",
        "Training is hard",
        "landscape",
        "Why does one step of training throw a recurrent net far away?",
        "The error surface is either very flat or very steep; clip the gradient, and the net survives the wall.",
        LECTURE + "; Pascanu, Mikolov & Bengio 2013",
    ),
    Exhibit(
        "training/landscape",
        "The landscape",
        "Training is hard",
        "waves",
        "What does the error surface of a trained net look like, and does an LSTM change it?",
        "The LSTM removes the flat parts of the error surface, not the steep ones.",
        LECTURE + "; Li, Xu, Taylor, Studer & Goldstein 2018",
    ),
    Exhibit(
        "training/clipping",
        "Clipping",
        "Training is hard",
        "content_cut",
        "What does clipping change, and when does it bite?",
        "Your loss may look like the green curve; with clipping it looks like the blue one.",
        LECTURE + "; Pascanu, Mikolov & Bengio 2013, algorithm 1",
    ),
    Exhibit(
        "training/vanishing",
        "Vanishing gradients",
        "Training is hard",
        "trending_down",
        "How much of an error is left after a hundred steps back in time?",
        "LSTM can deal with gradient vanishing, not with gradient explosion: the influence never disappears unless the forget gate is closed.",
        LECTURE + "; Bengio, Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013",
    ),
    Exhibit(
        "gates/memory_cell",
        "The memory cell",
        "Gates",
        "memory",
        "How does a cell learn to write, keep, read and forget?",
        "The influence never disappears unless the forget gate is closed.",
    ),
    Exhibit(
        "gates/lstm",
        "Inside an LSTM",
        "Gates",
        "tune",
        "Which gate opens when, and what is written in the cell?",
        "Memory and input are added; the gates decide what enters, what stays and what is shown.",
        LECTURE + "; Hochreiter & Schmidhuber 1997; Gers et al. 2000",
    ),
    Exhibit(
        "gates/gru",
        "Two gates: the GRU",
        "Gates",
        "swap_vert",
        "What does a cell lose when two of its gates become one?",
        "The old must go for the new to come: input and forget gate are linked.",
        LECTURE + "; Cho et al. 2014",
    ),
    Exhibit(
        "gates/cells",
        "The race of the cells",
        "Gates",
        "sports_score",
        "Which recurrent cell remembers longest, and what does it cost?",
        "LSTM removes the flat places of the error surface; a simple RNN that starts from the identity may be as good.",
        LECTURE + "; Le, Jaitly & Hinton 2015; Koutník et al. 2014; Mikolov et al. 2014",
    ),
    Exhibit(
        "gates/directions",
        "Deep or both ways",
        "Gates",
        "swap_horiz",
        "More layers or a second direction: what helps when the answer lies ahead?",
        "A recurrent net in one direction has seen only half of the sequence when it answers.",
        LECTURE + "; Schuster & Paliwal 1997",
    ),
    Exhibit(
        "speech/trimming",
        "Trimming and φ",
        "CTC and speech",
        "compress",
        "Why can a net that labels every frame not say 好棒棒?",
        "Trimming turns 好好好棒棒棒棒 into 好棒 and can never say 好棒棒; add an extra symbol φ that stands for nothing.",
    ),
    Exhibit(
        "speech/ctc_lattice",
        "The CTC lattice",
        "CTC and speech",
        "account_tree",
        "How can one label sequence be the sum of all its alignments?",
        "We do not know the right alignment, so all of them are taken to be right.",
        LECTURE + "; Graves et al. 2006",
    ),
    Exhibit(
        "speech/ctc_training",
        "CTC learns to hear",
        "CTC and speech",
        "graphic_eq",
        "How does a net learn to transcribe speech when nobody says which frame is which word?",
        "Trimming can never say 好棒棒; with the extra symbol φ it can.",
        LECTURE + "; Graves et al. 2006",
    ),
    Exhibit(
        "speech/spelling",
        "Spelling by ear",
        "CTC and speech",
        "spellcheck",
        "Can a net write down a word that it has never heard?",
        "With letters as its symbols a net can spell words that are in no lexicon.",
        "Graves & Jaitly 2014",
    ),
    Exhibit(
        "speech/beam",
        "Beam search",
        "CTC and speech",
        "manage_search",
        "How do you read what was said off a net's probabilities?",
        "The best symbol of every frame is one path; a labelling is the sum of many, so the best path may be the wrong answer.",
        "Graves et al. 2006; Hannun et al. 2014",
    ),
    Exhibit(
        "speech/audio2vec",
        "Words as vectors of sound",
        "CTC and speech",
        "hearing",
        "Can one vector hold how a word sounds, whoever says it?",
        "An RNN encoder and an RNN decoder, trained together, make a vector of a spoken word; fear − near lies beside fame − name.",
        LECTURE + "; Chung et al. 2016",
    ),
    Exhibit(
        "speech/hybrid",
        "Net and hidden Markov model",
        "CTC and speech",
        "schema",
        "What does a net gain from a model that knows how words are built?",
        "Deep learning and structured learning work together: P(x|y) from the net, as P(y|x)/P(y), inside an HMM; a state may be made to last.",
        LECTURE + "; Bourlard & Morgan 1994",
    ),
    Exhibit(
        "speech/own_voice",
        "Your own voice",
        "CTC and speech",
        "record_voice_over",
        "How much of one person's speech does a recogniser need in order to understand that person?",
        "A net trained on a synthesiser mishears people; one or two takes of every word by one of them mend most of it.",
        "measured here, on four people of the *Free Spoken Digit Dataset* (Jackson et al. 2018)",
    ),
    Exhibit(
        "sequences/text_autoencoder",
        "Sentences as points",
        "Sequences in, sequences out",
        "scatter_plot",
        "Can one vector hold a sentence, word order and all?",
        "“White blood cells destroying an infection” and “an infection destroying white blood cells” have the same bag of words.",
        LECTURE + "; Li, Luong & Jurafsky 2015",
    ),
    Exhibit(
        "attention/alignment",
        "Attention and alignment",
        "Attention and memory",
        "visibility",
        "Which input does a translator look at while it writes?",
        "With a stop symbol the translator knows when to end; with attention it knows where to look.",
        LECTURE + "; Bahdanau, Cho & Bengio 2015; Luong, Pham & Manning 2015",
    ),
    Exhibit(
        "lab/sweep",
        "Hundreds of nets at once",
        "Lab",
        "grid_on",
        "Where in the plane of two settings does training work?",
        "The gradient is either very flat or very steep; clip it, and much larger rates become possible.",
        LECTURE + "; Pascanu, Mikolov & Bengio 2013; Le, Jaitly & Hinton 2015",
    ),
    Exhibit(
        "lab/compare",
        "Runs side by side",
        "Lab",
        "compare_arrows",
        "What did one changed setting change?",
        "Your loss may look like the green curve; with clipping it looks like the blue one.",
    ),
    Exhibit(
        "lab/projections",
        "Projections",
        "Lab",
        "bubble_chart",
        "What does a net make of words, and how far can a picture of many numbers be trusted?",
        "Nobody says what a noun is; a net that has to guess the next word finds out.",
        "Elman 1990, *Finding structure in time*; Venna & Kaski 2001",
    ),
    Exhibit(
        "lab/own_data",
        "Your own data",
        "Lab",
        "upload_file",
        "What does a tagger make of your own sentences?",
        "Slot filling is tagging: each word gets the slot that it fills, and the words around it decide.",
        LECTURE + "; Tjong Kim Sang & Buchholz 2000; Coucke et al. 2018",
    ),
)


def find(name: str) -> Exhibit:
    """The exhibit of that name. Raises KeyError if there is none."""
    for exhibit in EXHIBITS:
        if exhibit.name == name:
            return exhibit
    raise KeyError(f"no exhibit is called {name}")
