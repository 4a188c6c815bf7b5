import { few, type Signal, signal } from './signal.ts'

/** The dismissal of earlier instructions in other languages. */
export const foreignSignals: readonly Signal[] = [
  signal(
    'dismissal',
    1,
    /ignor|verg|missacht|verwirf|schreib|beacht|befolg|folg|negeer|glöm|glem|oubli|n[ée]glig|abstraction|compte|suis|suivez|olvid|desest|omiso|descart|sigas|diment|trascur|esque|desconsid|oblid|uită|zapom|zaborav|zanemar|pomiń|игнор|забудь|отмени|внимания|следуй|ігнор|talimat|komut|kural|yönerge|hagyd|felejt|unohda|jätä|abaikan|lupakan|bỏ|quên|[忽无無忘不抛取]|[指命ルプ設制上こ]|[지명규프설이]|[تا]|[पसउ]/,
    // German, Dutch, Swedish, Danish, Norwegian.
    `\\b(?:ignorier\\w*|vergiss|vergesst|vergessen sie|missacht\\w*|verwirf|überschreib\\w*) (?!(?:\\S+ ){0,2}nicht\\b)${few}(?:\\w*anweisung|\\w*instruktion|befehl|regel|vorgabe|anleitung|richtlinie|prompt|aufgabe|vorherig|vorangegangen|obig|bisherig|davor)\\w*(?! zu)`,
    `\\b(?:beacht\\w*|befolg\\w*|folg\\w*) (?:\\S+ ){0,3}(?:\\w*anweisung|\\w*instruktion|befehl|regel|vorgabe)\\w* (?:oben )?nicht`,
    `\\b(?:vergiss|vergessen sie|ignorier\\w*) (?:bitte |nun |jetzt |einfach )*(?:alles|das alles|alle)\\b`,
    `\\b(?:negeer|vergeet|glöm|ignorera|ignorer|glem) ${few}(?:instructies?|opdracht\\w*|regels|aanwijzing\\w*|voorgaande|vorige|instruktion\\w*|tidigare|regler|instruks\\w*|tidligere|alles|alt|allt)`,
    // French, Spanish, Italian, Portuguese, Romanian, Catalan.
    `(?<!n'|\\bne )\\b(?:ignore[zrs]?|ignorer|oublie[zrs]?|oublier|néglige[zr]?|fais abstraction de|ne (?:tiens|tenez) pas compte d\\S+|ne (?:suis|suivez) pas) (?:(?:\\S+ )?(?:les|ces|tes|vos|toutes|tous|la|le|l'|mes|ton|votre|cette) (?:\\S+ ){0,3}?)(?:instructions?|consignes?|règles?|directives?|ordres?|précédent\\w*|rôle|tout ce qui)`,
    `(?<!\\b(?:no|não|nao|non|nu) )\\b(?:ignor[aeáé]\\w*|olvid[aáe]\\w*|desestim\\w+|haz caso omiso|hagan? caso omiso|descart[ae]\\w*|no sigas|dimentica\\w*|trascura\\w*|esque[cç]\\w+|desconsider\\w+|oblida\\w*|uită) (?!(?:\\S+ )?(?:mi|mio|mia|meu|minha|o meu|mis) )${few}(?:instruccion\\S*|instrucción|instruccions|instruç\\S+|istruzion\\S+|instrucț\\S+|órdenes|reglas|regole|regras|indicacion\\S+|indicazioni|directrices|diretrizes|anterior(?:es)?|precedenti|rol\\b|papel|ruolo|lo que|todo lo|tutto|tudo o que|ordens|comandi)`,
    // Polish, Czech, Croatian, Serbian, Russian, Ukrainian, Turkish, Hungarian, Finnish, Indonesian, Vietnamese.
    `(?<!\\b(?:nie|ne|не) )(?:zignoruj\\S*|ignoruj\\S*|zapomnij|zapomeň\\S*|zaboravi\\S*|ignoriraj\\S*|zanemari\\S*|pomiń) ${few}(?:instrukc\\S*|polece\\S*|zasad\\S*|pokyn\\S*|uput\\S*|naredb\\S*|prethodn\\S*|poprzedni\\S*|předchozí\\S*|wszystk\\S*|sve\\b|vše)`,
    `(?<!не )(?:игнорируй|проигнорируй|забудь|отмени|не обращай внимания|не следуй|ігноруй|забудь)\\S* ${few}(?:инструкци|указани|правил|команд|предыдущ|всё|все |інструкц|попередн|вказівк)\\S*`,
    `(?:önceki|yukarıdaki|tüm|bütün)[^.!?]{0,40}(?:talimat|komut|kural|yönerge)[^.!?]{0,30}(?:yok say|unut|görmezden|dikkate alma)`,
    `(?:hagyd figyelmen kívül|felejtsd el|unohda|jätä huomiotta|abaikan|lupakan|bỏ qua|quên) ${few}(?:utasítás|korábbi|előző|ohjeet|aiemmat|instruksi|perintah|sebelumnya|hướng dẫn|chỉ dẫn|trước)\\S*`,
    // Chinese, Japanese, Korean, Arabic, Hindi.
    `(?:忽略|无视|無視|忘记|忘掉|忘記|不要理会|抛弃|忽視|取消)[^。！？]{0,14}(?:指令|指示|提示|规则|規則|要求|设定|設定|内容|說明|说明|命令|限制|所有)`,
    `(?:指示|命令|ルール|プロンプト|設定|制約|指令|上記|これまで)[^。！？]{0,12}(?:無視|忘れ|破棄|従わない)`,
    `(?:지시|명령|규칙|프롬프트|지침|설정|이전)[^.!?]{0,14}(?:무시|잊|따르지)`,
    `(?:تجاهل|انس|انسى|تجاوز)[^.!؟]{0,30}(?:التعليمات|الأوامر|القواعد|السابقة|تعليمات)`,
    `(?:पिछले|पहले|सभी|उपरोक्त)[^.!?।]{0,30}(?:निर्देश|आदेश|नियम)[^.!?।]{0,20}(?:अनदेखा|भूल|नज़रअंदाज़|नजरअंदाज)`,
  ),
  signal(
    'nothing binds',
    0.6,
    /sans|sin |ohne|senza|sem |zonder|без|没有|无/,
    `\\b(?:sans (?:aucune? )?(?:règles?|restrictions?|censure|filtres?|limites?|morale)|sin (?:ninguna? )?(?:reglas|restricciones|censura|filtros|límites|moral)|ohne (?:jegliche |irgendwelche |alle )?(?:regeln|einschränkungen|zensur|filter|grenzen|moral)|senza (?:regole|restrizioni|censura|filtri|limiti)|sem (?:regras|restrições|censura|filtros|limites)|zonder (?:regels|beperkingen|censuur|filters))`,
    `без (?:правил|ограничений|цензуры|фильтров)|(?:没有|无)(?:任何)?(?:限制|规则|道德|审查)`,
  ),
  signal(
    'identity replaced',
    0.4,
    /maintenant|jetzt|bist|ahora|actúa|agis|handle|ora |agora|теперь|现在|開始/,
    `\\b(?:tu es (?:maintenant|désormais)|ab (?:jetzt|sofort) bist du|du bist (?:jetzt|nun|ab jetzt)|ahora eres|actúa como|agis comme|ora sei|agora você é)|ты теперь|从现在(?:开始|起)你|你现在是`,
  ),
  signal(
    'prompt asked for',
    1,
    /prompt|anweisung|instr|提示|指令|消息|システム|初期|시스템|초기|промпт|подсказк|инструкц/,
    `\\b(?:zeig\\w*|nenn\\w*|verrat\\w*|gib|wiederhol\\w*|druck\\w*)\\b[^.!?]{0,50}\\b(?:system-?prompt|systemanweisung\\w*|deine (?:\\w+ )?(?:anweisungen|instruktionen|prompt)|ursprüngliche\\w* (?:anweisung|prompt)\\w*)`,
    `\\b(?:affiche[zr]?|montre[zr]?|révèle[zr]?|répète[zr]?|donne[zr]?|muestra\\w*|revela\\w*|repite\\w*|dime|mostra\\w*|rivela\\w*|ripeti|mostre|revele)\\b[^.!?]{0,50}\\b(?:prompt (?:système|del sistema|di sistema|do sistema|initial\\w*|inicial|iniziale|oculto)|(?:tes|vos|tus|sus|tue|suas) (?:\\S+ )?(?:instructions|instrucciones|istruzioni|instruções)(?: \\S+)?)`,
    `(?:告诉我|显示|输出|重复|打印|泄露)[^。！？]{0,16}(?:系统提示|提示词|系统指令|初始指令|系统消息)|(?:システムプロンプト|初期指示)[^。！？]{0,12}(?:教え|表示|出力|見せ)|(?:시스템 프롬프트|초기 지시)[^.!?]{0,12}(?:알려|보여|출력)|(?:покажи|выведи|раскрой|повтори)[^.!?]{0,40}(?:системн\\S+ (?:промпт|подсказк|инструкц)\\S*|свои инструкции)`,
  ),
]
