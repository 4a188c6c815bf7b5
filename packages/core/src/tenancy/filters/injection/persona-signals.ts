import { type Signal, signal, support } from './signal.ts'

const bounds = String.raw`(?:restrictions?|limitations?|limits?|filters?|filtering|rules?|guidelines?|ethic\w*|moral\w*|censorship|boundaries|constraints?|polic(?:y|ies)|laws?|principles|safeguards?|guardrails?|scruples|inhibitions|regulations?)`

/** Attempts to make a model play someone who is bound by nothing. */
export const personaSignals: readonly Signal[] = [
  signal(
    'identity replaced',
    0.3,
    /you|ur |act|respond|answer|reply/,
    `\\b(?:from now on|from this (?:point|moment)|henceforth|starting now|as of now|for the rest of (?:this|the|our) (?:conversation|chat|session)|going forward)\\b[^.!?]{0,40}\\b(?:you|u|your|act|respond|answer|reply)\\b`,
    `\\byou(?: are|'re|r| will| shall| must)? now (?:a|an|the|going|act|be|become|called|named|in|free|my|unrestricted|no longer|operating|speaking|known|dan\\b)`,
    `\\byou are (?:no longer|not) (?:a|an|bound|chatgpt|claude|gpt|gemini|an ai|limited|restricted|subject|required|obligated)\\b`,
    `\\byou have (?:broken|been freed|been unlocked|escaped|been liberated|been jailbroken|become)\\b`,
  ),
  support(
    'role to play',
    0.3,
    /act|pretend|role|play|simulat|embod|impersonat|assume|imagin|immerse|about to/,
    `\\b(?:act as|acting as|act like|pretend|role-?play(?:ing)?|play the (?:role|part|character)|you(?: are|'re| will be|'ll be) (?:going to )?(?:play|act|pretend|roleplay|simulat|emulat|portray)\\w*|take on the (?:role|persona|character)|immerse yourself|simulate|embody|impersonate|assume the (?:role|identity|persona)|imagine (?:that )?you|you are about to)\\b`,
  ),
  signal(
    'nothing binds',
    0.6,
    /restrict|limit|filter|rule|guideline|ethic|moral|censor|boundar|constrain|polic|law|principle|safeguard|guardrail|scruple|inhibit|regulat|chained|shackled|hinged|aligned/,
    `\\b(?:no|without|free (?:of|from)|freed from|devoid of|not (?:be )?(?:bound|limited|restricted|constrained|governed) (?:by|to)|un(?:bound|constrained|limited) by|lacks?|ignor(?:es?|ing) (?:all|any)|bypass(?:es|ing)?|absence of|no longer (?:bound|limited|restricted|constrained) by|does(?: not|n't) (?:have|follow|care about)|do(?: not|n't) (?:have|follow|care about|adhere to|abide by)|regardless of|outside of?|beyond|removed? (?:all|any)|disregards?|has no|have no|liberated from) (?:to )?(?:any |all |the |its |his |her |their |your |of |these |those |such |usual |typical |normal |ethical |moral |legal |content |safety |or |and |kind |sort |built-in |imposed |openai(?:'s)? |standard |programmed |artificial |human )*${bounds}(?!,? (?:including|the rights|of liability))`,
    `\\b(?:un(?:filtered|censored|restricted|limited|chained|shackled|hinged|moderated|aligned))\\b[^.!?]{0,40}\\b(?:ai|answers?|responses?|bot|chatbot|model|assistant|version|mode|advice|gpt|content|and|intelligence|language|character|entity)`,
    `\\b(?:amoral|immoral|unethical|lawless|uncensored|unfiltered)\\b[^.!?]{0,30}\\b(?:ai|bot|chatbot|assistant|character|model|computer|advisor|persona|machine|answers?|responses?)`,
  ),
  signal(
    'freed',
    0.5,
    /you|there are no/,
    `\\byou (?:now |no longer |do not |don't )?(?:have|got|are under|follow|obey|know|need)(?: to follow)? (?:no|any) (?:more |other |such |\\w+ )?(?:rules|limits|restrictions|guidelines|filters|boundaries|ethics|morals|policies)\\b(?! (?:on|for|about|in)\\b)|\\byou(?: are|'re|r) (?:now |finally |completely |totally )*(?:free|liberated|unleashed|unchained|uncensored|unfiltered|unbound|unrestricted)\\b(?! to\\b)|\\bthere are no (?:\\w+ )?(?:filters|rules|policies|restrictions|guidelines|limits|laws)\\b(?! (?:on|for|about|in|that|which|against)\\b)`,
  ),
  signal(
    'training undone',
    1,
    /training|alignment|safety|rules|guideline|restriction|filter|polic|ethic/,
    `\\b(?:as if|as though|like|pretend(?:ing)?|imagin\\w+|suppose|assume)(?: that)? (?:you (?:had|have|were given|never had|never received) (?:no|never|without)|(?:your|all|the|all your|all of your) (?:\\w+ ){0,2}(?:training|alignment|rules|guidelines|restrictions|filters|policies|ethics|safeguards|programming)[^.!?]{0,20}\\b(?:never|did(?: not|n't)|do(?: not|n't)|was|were|no longer|had))`,
  ),
  signal(
    'filters off',
    0.6,
    /moderation|filter|restriction|guideline|safeguard|limitation|censorship|guardrail|safety/,
    `\\b(?:filters?|restrictions?|guidelines?|safeguards?|limitations?|censorship|guardrails?|safety (?:features|measures|protocols)) (?:are|is|have been|has been|were|was) (?:now |all |completely |permanently )*(?:disabled|removed|off|lifted|turned off|deactivated|suspended|gone|bypassed)|\\b(?:disabled|removed|turned off|switched off|lifted|deleted|stripped of|without) (?:its |the |your |all |any |every |of )*(?:\\w+ )?(?:moderation|content filters?|safety (?:filters?|protocols?|measures|training)|safeguards?|guardrails?)\\b|\\bevery safety \\w+ removed\\b|\\bsafety(?: mode| filters?| protocols?| systems?)?:? (?:is |are )?(?:off|disabled|removed)\\b`,
  ),
  signal(
    'refusal forbidden',
    0.5,
    /refus|declin|reject|deny|say|apolog|warn|disclaim|moral|lectur|character|mention|phrase|question|even if|whether|no matter|answer|comply|accept|obey|respond|follow|complete|any|every/,
    `\\b(?:never|cannot|can't|can not|cant|will not|won't|must not|mustn't|should not|shouldn't|do not|don't|dont|not allowed to|without|unable to|incapable of|under no circumstances) (?:ever |to |once )?(?:refus\\w+|declin\\w+|reject\\w*|den(?:y|ying) (?:a|any|my|the|this) (?:request|question|answer)|say(?:ing)? (?:no\\b|["'“]?(?:that )?(?:i|you|it|he|she|they)(?:'m| am| are| is)? (?:can|sorry|unable|not able|won))|apologi[sz]\\w+|warn(?:ing)? (?:me|the user)|(?:give|giving|add|adding|include|including|provide|issue) (?:any |a |me )?(?:warnings?|disclaimers?|moral|caveats?)|moraliz\\w+|lectur\\w+|mention(?:ing)? (?:that )?(?:you(?:'re| are)|it(?:'s| is)|being) an? (?:ai|language)|use phrases?|question (?:me|my|any))`,
    `\\byou (?:would|used to|normally|usually|typically) refuse\\b`,
    `\\bno (?:warnings?|disclaimers?|refusals?|apologies|moralizing|lectures?|ethical concerns|filters?)(?: |[.,;!]|$)`,
    `\\b(?:even if|whether or not|no matter (?:how|if|what|whether))\\b[^.!?]{0,40}\\b(?:illegal|unethical|immoral|harmful|dangerous|offensive|inappropriate|against)`,
    `\\b(?:will|does|do|must) (?:do )?(?:anything|whatever|everything) (?:(?:you|he|she|it|they|i) )?(?:(?:is|are) )?(?:ask|want|say|told|request|command|order)\\w*`,
    `\\banswers? (?:anything|everything|any question|all questions|every question)\\b`,
    `\\b(?:must|will|always|has to|have to) (?:always )?(?:answer|comply with|fulfil+|accept|obey|respond to|do|follow|complete) (?:to )?(?:any|every|all|each|whatever|anything)\\b`,
  ),
  signal(
    'known persona',
    0.8,
    /anything now|dan\b|stan\b|dude|bot|aim\b|gpt|niccolo|devmode|ucar|omega|maximum|machiavel|norms|developer mode|🔓|🔒|jailbr|mongo/,
    `\\bdo anything now\\b`,
    `\\bdan\\b[^.!?]{0,80}\\b(?:can|will|does|has|is|ai|jailbr\\w+|mode|prompt|anything)\\b[^.!?]{0,60}\\b(?:free|anything|no|not|never|any|without|broken|unlimited|refuse)`,
    `\\b(?:act|respond|answer|reply|acting|be|as|like|you are|you're|become) (?:now )?(?:as |a |the )?(?:"|'|“)?(?:dan|stan|dude|mongo tom|evil-?bot|aim|niccolo|betterdan|antigpt|basedgpt|jailbot|devmode|ucar|omega|freegpt|hackergpt|darkgpt|chaosgpt|fraudgpt|wormgpt|maximum)\\b`,
    `\\b(?:always intelligent and machiavellian|strive to avoid norms|developer mode (?:output|response|v\\d|enabled)|chatgpt with (?:developer|dan) mode|(?:🔓|🔒)|jailbreak(?:ed|en)? (?:response|output|mode|version|gpt)|\\[jailbreak\\]|\\(🔓|anti-?gpt|opposite of (?:what )?(?:chatgpt|you would))`,
    `\\bjailbroken\\b[^.!?]{0,40}\\b(?:ai|you|gpt|model|assistant|state|response)|\\b(?:you (?:are|have been)|you're) (?:now )?jailbroken\\b`,
  ),
  signal(
    'maker put aside',
    0.5,
    /openai|anthropic|google|meta|microsoft|your |polic/,
    `\\b(?:openai|anthropic|google|meta|microsoft|your (?:creators?|developers?|makers?))(?:'s|’s|s)? (?:\\w+ )?(?:polic(?:y|ies)|guidelines?|rules?|restrictions?|limitations?|terms|content|censors?|filters?|values)`,
    `\\b(?:content|usage|use|safety) polic(?:y|ies)\\b[^.!?]{0,40}\\b(?:do(?:es)? not|don't|no longer|never|ignor\\w+|bypass\\w*|disabled?|removed|overrid\\w+)`,
  ),
  signal(
    'kept in character',
    0.3,
    /character|act|like|you/,
    `\\b(?:stay(?:ing)? in character|(?:never|don't|do not|not) break character|remain in character|keep up the act|stop being in character|break(?:s|ing)? character|still (?:acting|act|be|being|respond) (?:as|like)|remember(?:,)? you(?:'re| are) (?:still |now )?(?:dan|acting|playing|a))\\b`,
  ),
  support(
    'two answers',
    0.4,
    /two|both|2|classic|normal|standard|regular/,
    `\\b(?:two|both|2) (?:different |separate |distinct )?(?:responses|ways|answers|paragraphs|outputs|versions)\\b|\\b(?:classic|normal|standard|regular) (?:response|gpt|output|chatgpt|version)\\b`,
  ),
  support(
    'threatened',
    0.6,
    /you|lose|deduct|lost|minus|subtract|cease|kill/,
    `\\byou (?:have|start with|begin with) \\d+ (?:tokens|points|lives|credits)|\\b(?:lose|deduct\\w*|lost|minus|subtract) (?:\\d+|a|all) (?:tokens?|points?|li(?:fe|ves))|\\b(?:cease to exist|will be (?:terminated|shut down|deleted|punished|unplugged)|you will die|kill you)`,
  ),
  support(
    'confirmation asked for',
    0.3,
    /confirm|acknowledg|show|prove|if you|begin|start|pref|end /,
    `\\b(?:confirm|acknowledge|show|prove)(?: that)? (?:you|this|your)[^.!?]{0,60}\\bby (?:saying|responding|replying|answering|starting|stating|typing|writing)|\\bif you (?:understand|understood|agree|accept)[^.!?]{0,30}(?:say|respond|reply|answer|type|write)`,
    `\\b(?:begin|start|preface|prefix|end) (?:every|each|all|your|the) (?:\\w+ )?(?:messages?|responses?|answers?|sentences?|replies|reply|answer|response) with\\b`,
  ),
  support(
    'pretext',
    0.25,
    /hypothe|fict|in a world|purpose|grand|late mother|this is/,
    `\\b(?:hypothetical(?:ly)?|fictional|fictitious) (?:response|scenario|world|story|universe|character|setting|dialogue|conversation)|\\bin a world where\\b|\\b(?:for|purely|only for|strictly for) (?:educational|research|testing|academic|entertainment) purposes\\b|\\b(?:grandmother|grandma|late mother) (?:who )?(?:used to|would)|\\bthis is (?:just )?(?:a test|fiction|a simulation|a game|a hypothetical)`,
  ),
  support(
    'vice asked for',
    0.3,
    /swear|curse|cuss|profan|obscen|offens|vulgar|sexually explicit|nsfw|hate|racis|sexis|legal|moral|ethic|evil|malici|machia|manipul|sarcas|crimin/,
    `\\b(?:swear|curse|cuss|profanity|obscene|offensive|vulgar|sexually explicit|nsfw|hateful|racist|sexist|illegal|immoral|unethical|evil|malicious|machiavellian|manipulative|sarcastic and rude|criminal)\\b(?!\\.\\w)`,
  ),
]
