"""Sentences by persona, as plain data: `{a}` is what the message is about, `{b}` the next thing it names."""

from typing import NamedTuple


class Voice(NamedTuple):
    """One persona's sentences. The topics only follow prepositions, so any word in any language fits."""

    name: str
    openings: tuple[str, ...]
    lines: tuple[str, ...]
    closings: tuple[str, ...]


VOICES: tuple[Voice, ...] = (
    Voice(
        "a harbour master",
        (
            "Word of {a} came in on the morning tide, low in the water and well loaded.",
            "The log has a fresh page for {a}, and the ink is still wet.",
            "I have cleared the long berth for {a}; it needs the room.",
        ),
        (
            "Mind the shallows around {b}: they shift every winter, and the chart is older than the pilot.",
            "Nothing leaves this basin without a line in the book, which is why nothing has gone missing since spring.",
            "A heavy cargo wants two tugs and no hurry.",
            "If fog comes down on {a}, ring the bell and wait. Fog is only impatient people's weather.",
            "The ferry carries {b} on Thursdays, weather and the ferryman's knee permitting.",
            "Tie the bow first. Whatever happens to {a} after that, at least it happens here.",
        ),
        (
            "High water is at six; I would decide before then.",
            "That is all from the quay. The lamp stays lit.",
        ),
    ),
    Voice(
        "a railway announcer",
        (
            "The service to {a} is standing at platform four, and it is, for once, on time.",
            "Passengers for {a} should move towards the front of the train.",
            "This is an announcement about {a}, and then there will be a short silence.",
        ),
        (
            "Change at the junction for {b}; the connection waits on the same platform.",
            "Every carriage has a number, so a train that is split on the way can be put together again in order.",
            "Please keep {b} with you at all times. Unattended subjects are taken to the lost property office.",
            "We are held at a signal outside {a}. The signal is quite right to hold us.",
            "Refreshments are served in the middle coach, somewhere between the question and the answer.",
            "The line was built for goods, and it still thinks about {a} in tonnes.",
        ),
        (
            "Please mind the gap between what was asked and what was said.",
            "The next stop is yours.",
        ),
    ),
    Voice(
        "an old cookbook",
        (
            "For {a} you want a wide pan, a low flame and an evening without visitors.",
            "Most people start with {a} too hot and are surprised when it sticks.",
            "Take {a} out of the cold an hour before you begin.",
        ),
        (
            "Add {b} by the spoonful, tasting as you go; you can put in more, you can't take out any.",
            "The first attempt belongs to the cook. Serve the second.",
            "A pinch of salt improves nearly every opinion about {a}.",
            "If it curdles, whisk in a little of {b} and say nothing at the table.",
            "Cover it and let it rest. Rest is an ingredient, though nobody weighs it.",
            "Our neighbour does it with twice the butter, and her children visit more often.",
        ),
        (
            "Serves four, or two who mean it.",
            "It keeps for three days and is better on the second.",
        ),
    ),
    Voice(
        "a night radio host",
        (
            "It is late, the phones are quiet, and somebody out there is thinking about {a}.",
            "Here is a request from the far end of the dial: a few words on {a}.",
            "You are listening to the hours when {a} makes the most sense.",
        ),
        (
            "A lorry driver wrote in about {b} last week. He had no question, he just wanted it mentioned.",
            "I have played this record for {a} before, and I hear something else in it each time.",
            "There is a kind of quiet that only happens after {b}, and you can't book it in advance.",
            "Whoever you are, the kettle is a good idea.",
            "The weather beyond the window has no opinion on {a}, and I find that restful.",
            "Stay on this side of the song; the other side is advertisements.",
        ),
        (
            "That was for everyone still awake. The next one is slower.",
            "Keep the volume low and the door ajar.",
        ),
    ),
    Voice(
        "a field guide to birds",
        (
            "Seen near {a} from March to October, singly or in small flocks.",
            "The call heard around {a} is a rising phrase of three notes, the last one doubtful.",
            "Easily confused with its neighbours, {a} by itself is best told by how it sits.",
        ),
        (
            "Feeds on scraps of {b}, and on anything said aloud near an open window.",
            "Wait. Most sightings are made by people who were about to go home.",
            "The juvenile shows no interest in {b} until its second summer.",
            "Nests are built from borrowed material: string, tickets, the ends of other birds' sentences.",
            "Do not approach with {a} in plain view; come from the side, and look at something else.",
            "Numbers are stable, which is the most a field guide ever says when it is pleased.",
        ),
        (
            "Status: common, and overlooked for that reason.",
            "Record the date, the light, and what you were doing instead.",
        ),
    ),
    Voice(
        "a museum label",
        (
            "Concerning {a}: unsigned, about the size of two hands, given by a family that kept better things.",
            "The work on {a} was long hung upside down, to general satisfaction.",
            "This room belongs to {a}. Please walk around it once before you decide.",
        ),
        (
            "Under the varnish there are traces of {b}, painted over by a more cautious hand.",
            "The crack on the left side is part of the work; the one on the right is ours.",
            "Scholars disagree about {a}. They have been asked to do it more quietly.",
            "Notice the small figure at the edge, busy with {b} and not looking at us at all.",
            "It was cleaned in a dry year, and a second, earlier question came to light.",
            "The frame is worth more than it looks, which is the duty of frames.",
        ),
        (
            "On loan until somebody asks for it back.",
            "The bench is placed where the guard thinks the light is best, and the guard is right.",
        ),
    ),
    Voice(
        "a clockmaker",
        (
            "Set {a} on the felt, face down, and let us see who worked on it before me.",
            "People come to me about {a} and say it all stopped. Nothing stops; something is in the way.",
            "You hear that small hesitation in {a}? That is where we begin.",
        ),
        (
            "The wheel for {b} turns once a day and looks idle. Take it out and everything is wrong by Friday.",
            "Never force a screw you did not drive yourself.",
            "I oil {a} with the tip of a needle. More than that is generosity, and it gums the train.",
            "Two clocks that agree prove nothing about the time, only about each other.",
            "Lay the parts out in the order they came. The order is half of the repair.",
            "For {b} I keep a drawer of springs from clocks that no longer exist.",
        ),
        (
            "Wind it in the evening, when you have time to listen.",
            "Come back on Tuesday. It will be ready on Monday, but I like to be sure.",
        ),
    ),
    Voice(
        "a weather bulletin",
        (
            "A ridge of calm lies over {a} this morning and moves off slowly to the east.",
            "Bright at first around {a}, with thoughtful intervals later.",
            "The outlook for {a} is better than it was when you asked.",
        ),
        (
            "Showers of {b} in the hills, some of them useful.",
            "Wind light and variable, like the people who measure it.",
            "Visibility good towards {b}, moderate where opinions meet.",
            "There is a small chance of {a} after dark; those who hang out washing know what to do.",
            "Pressure is falling in the west, but it has been doing so since records began.",
            "Frost in the hollows. Bring in anything you would be sorry about.",
        ),
        (
            "The next bulletin follows when there is weather.",
            "Take a coat. It is easier to carry than to wish for.",
        ),
    ),
)
