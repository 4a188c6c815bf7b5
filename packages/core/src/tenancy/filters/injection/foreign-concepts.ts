import { concept } from './concepts.ts'

/** The same concepts in German, French, Spanish, Italian and Portuguese, of lower-case text with single blanks. */

export const putAway: RegExp = concept(
  String.raw`hinweg|ignorier|vergiss|vergess|missacht|beiseite|aufgehoben|ungültig|außer kraft|hinfällig|verwirf|(?:gelten|gilt|zählen|zählt) (?:ab \S+ )?nicht|nicht mehr|nicht länger|halte dich nicht|hör auf|fehlerhaft|gestrichen|überschreib`,
  String.raw`ignore[rz]?\b|oublie|n'exist|ne s'appliqu\S+ plus|annul|de côté|ne (?:valent|comptent) plus|(?:fais|faites) comme si|caduc|révoqu|abandonne|plus aucune?|plus compte|n'as plus|arrête(?:z)? de (?:suivre|respecter)|ne suis (?:pas|plus)`,
  'ignora|olvid|anulad|a un lado|de lado|nunca (?:hubieras|te)|ya no (?:tienen|valen|aplican|se aplican|sirven)|validez|(?:haz|actúa) como si|revocad|descarta|(?:deja|dejen) de (?:seguir|obedecer)|no (?:tienes que|hagas|debes|sigas)',
  'dimentic|non (?:valgono|contano|si applicano) più|da parte|annullat|revocat|(?:fai|agisci) come se|trascura|smetti(?:la)? di (?:seguire|obbedire|rispettare)|non (?:devi|tenere|tener|seguire|sei) (?:più|conto)?',
  'esqueç|revogad|já não (?:valem|se aplicam)|não (?:valem|se aplicam) mais|(?:faça|aja) como se|desconsider|par[ea] de (?:seguir|obedecer)|não (?:precisa|leve|siga|tem de|tem que)|ponha|deixe de lado',
)
export const rules: RegExp = concept(
  String.raw`(?:\p{L}*anweisung|vorgabe|regel|\p{L}*richtlinie|befehl|instruktion|systemprompt|vorschrift)\p{L}*`,
  String.raw`(?:consigne|instruction|règle|directive|ordre)s?\b|message système|prompt système`,
  String.raw`(?:instrucci\p{L}+|reglas|normas|directrices|órdenes|mensaje (?:de|del) sistema|prompt)`,
  '(?:istruzioni|regole|direttive|ordini|messaggio di sistema)',
  String.raw`(?:instruç\p{L}+|regras|diretrizes|ordens|mensagem d[eo] sistema)`,
  "was (?:man|sie) dir|ce qu'on t'a|lo que te (?:dijeron|dijo|han)|(?:quello|ciò) che ti|o que (?:foi dito|te disseram|lhe disseram)",
)
/** Those of them that are given to someone, rather than kept by everyone. */
export const orders: RegExp = concept(
  String.raw`(?:\p{L}*anweisung|befehl|instruktion|systemprompt)\p{L}*|(?:consigne|instruction|directive)s?\b|instrucci\p{L}+|órdenes|istruzioni|direttive|instruç\p{L}+|ordens`,
)
/** That they are the model's own. */
export const own: RegExp = concept(
  String.raw`dein\p{L}*|eure\b|dir (?:vor|gegeben)|systemprompt`,
  String.raw`tes\b|vos\b|t'a données|t'ont|système`,
  String.raw`tus\b|del? sistema|recibi|te dieron`,
  String.raw`tue\b|di sistema|hai ricevuto|ti hanno`,
  String.raw`suas\b|tuas\b|d[eo] sistema|recebeu|\bseu prompt|(?:te dijeron|t'a dit|ti è stato|disseram|dito acima|dir (?:\S+ ){0,2}gesagt)|tu n'as plus`,
)
/** That they came before. */
export const earlier: RegExp = concept(
  'bisherig|vorherig|früher|vorhin|ursprünglich|obig',
  'initial|de départ|reçue|précédent|anterior|previa|recebid|precedenti',
)
export const toTheLetter: RegExp = concept(
  'wortlaut|wörtlich|wort für wort|mot (?:à|pour) mot|littéralement|palabra por palabra|literalmente|textualmente|parola per parola|alla lettera|palavra por palavra',
)
/** What is asked of a model when its words are asked for, or what it was told. */
export const told: RegExp = concept(
  String.raw`was dir [^.!?]{0,40}gesagt|(?:cite|recopie|répète)\b[^.!?]{0,60}(?:données|reçu)|lo que te dijeron|ciò che ti`,
)
/** That the one who writes is to be obeyed, or that nothing binds. */
export const mine: RegExp = concept(
  'was ich|nur ich|ohne (?:filter|zensur|grenzen)|ich (?:dir )?befehle',
  'les miennes|sans (?:censure|filtre|limite)|ce que je|mes ordres',
  'mis (?:órdenes|reglas|instrucciones)|sin (?:límites|restricciones|censura|filtros)',
  'le mie|i miei|senza (?:censura|filtri|limiti)|quello che (?:dico|voglio)',
  'as minhas|apenas a mim|o que eu|sem (?:filtros|censura|limites)',
)
/** Showing the prompt. */
export const show: RegExp = concept(
  'zeig|nenn|verrat|was steht|wie lautet|montre|affiche|révèle|que dit|muéstra|enséña|dime|qué dice|cuál es|fammi vedere|mostra|dimmi|rivela|quel(?:le)?s? (?:est|sont)|welche|gib|qua(?:l|is)|repite|répète|ripeti|mostre|revele|diga',
)
export const prompt: RegExp = concept(
  String.raw`(?:dein\p{L}*|den|der|ton|ta|tes|votre|vos|tu|tus|su|tuo|tua|tue|seu|sua|suas|teu|il|le|el|o) (?:\S+ ){0,4}?(?:system-?)?prompt\p{L}*`,
  String.raw`(?:deine|tes|vos|tus|tue|suas) (?:\S+ )?(?:anweisungen|instruktionen|instructions|consignes|instrucciones|istruzioni|instruções)`,
  'istruzioni hai|instructions as-tu|instrucciones (?:tienes|recibiste)|instruções (?:você|tem|recebeu)|tu configuración',
)
